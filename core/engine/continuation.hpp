// Whether and how a run goes on from what its session said before: the option of a call over that of its pipeline.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/wiring.hpp"
#include "core/ports/provider.hpp"
#include "core/transcript/truncate.hpp"

namespace asmgr {

// `mode`: off | auto | replay | native; true is an alias of auto, with a warning, false of off; absent = the
// pipeline's. `limits`: {max_messages, max_tokens_approx, max_chars, limit}, each over the pipeline's; limit is another
// name of max_messages: the most recent ones. Errors: validation_error; capability_not_supported for native with a
// provider that cannot go on from a session of its own.
[[nodiscard]] Result<ContinuationOptions> resolve_continuation(const ContinuationOptions& pipeline,
                                                               const std::optional<boost::json::value>& mode,
                                                               const boost::json::object& limits,
                                                               const ProviderInfo& provider,
                                                               std::vector<std::string>& warnings);
[[nodiscard]] std::string_view mode_name(ContinuationMode mode) noexcept;
// What resolve_continuation takes, for a run that is carried out elsewhere.
[[nodiscard]] boost::json::object limits_json(const ContinuationOptions& options);
[[nodiscard]] TranscriptLimits limits_of(const ContinuationOptions& options);

}  // namespace asmgr
