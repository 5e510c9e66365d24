// One run: what it is asked, judged before it starts, and what it says, judged as it comes.
#pragma once

#include <array>
#include <asmgr/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "settings.hpp"
#include "stream_matcher.hpp"

namespace asmgr::content {

// What is said, and what ends a message that came in pieces; message_sent ends one too.
inline constexpr std::array<std::string_view, 8> kOutputEvents{
    "message_streamed", "message_received", "tool_call_started", "tool_call_completed",
    "tool_call_failed", "turn_completed",   "step_started",      "step_reset"};

class ContentRun final : public asmgr::sdk::PolicyRun {
 public:
  // Borrows the settings for its life and the run's document for the call. Every string in the document's `input` is
  // looked at here, so that nothing of it is kept.
  ContentRun(const Settings& settings, std::string_view run_doc);

  // Answers what was found in the input.
  void preflight(std::string_view estimate_json, asmgr::sdk::Decision& decision,
                 asmgr::sdk::ItemSink<asmgr_hold>& holds) override;
  // A rule is explained once per run; its action is answered for each event with a match. Throws StatusError for an
  // event whose text cannot be read.
  void observe(const asmgr_event& event, const asmgr_usage& usage, asmgr::sdk::Decision& decision) override;

 private:
  // Rules of one side, and which of them were explained.
  struct Side {
    explicit Side(const RuleSet& set) : rules(set), explained(set.rules().size(), false) {}
    const RuleSet& rules;
    std::vector<bool> explained;
  };

  void asked(std::string_view data, asmgr::sdk::Decision& decision);
  void streamed(std::string_view data, asmgr::sdk::Decision& decision);
  void said(std::string_view data, asmgr::sdk::Decision& decision);
  void end_stream(asmgr::sdk::Decision& decision);
  static void answer(Side& side, const Found& found, asmgr::sdk::Decision& decision);

  Side prompt_;
  Side output_;
  Found in_input_;
  StreamMatcher stream_;
  std::string unescaped_;  // kept for its room
};

}  // namespace asmgr::content
