// What happens once per event takes no memory. A program of its own: it counts every operator new of the process.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "core/model/event.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace {
std::atomic<int> g_allocations{0};
}  // namespace

void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace asmgr {
namespace {

constexpr std::string_view kData =
    R"({"content":"a \"quoted\" text of some length \u00e9","deep":[[[{"a":[1,2.5e3,null]}]]]})";

EventView example() {
  EventView event;
  event.id = "evt_0123456789abcdef0123456789abcdef";
  event.type_name = "message_streamed";
  event.session_id = "ses_0123456789abcdef0123456789abcdef";
  event.run_id = "run_0123456789abcdef0123456789abcdef";
  event.sequence_number = 1;
  event.provider = "best";
  event.data = kData;
  event.hash.fill(1);
  return event;
}

template <typename Work>
int allocations_of(Work work) {
  work();  // what is made once per thread
  const int before = g_allocations;
  for (int i = 0; i < 100; ++i) work();
  return g_allocations - before;
}

TEST(Allocation, IsCountedAtAll) {
  EXPECT_GE(allocations_of([] { (void)to_text(boost::json::object{{"key", std::string(100, 'x')}}); }), 100);
}

TEST(Allocation, NoneForCheckingAPayload) {
  EXPECT_EQ(allocations_of([] { (void)check_json_object(kData, "data"); }), 0);
}

TEST(Allocation, NoneForHashingAnEvent) {
  EventHasher hasher;
  const Hash first = hasher.first("ses_1");
  EventView event = example();
  EXPECT_EQ(allocations_of([&] { (void)hasher.chain(first, event); }), 0);
}

TEST(Allocation, NoneForPrintingAnEventIntoABufferInUse) {
  std::string out;
  out.reserve(16384);
  const EventView event = example();
  EXPECT_EQ(allocations_of([&] {
              out.clear();
              append_event_json(out, event);
            }),
            0);
}

TEST(Allocation, NoneForAnIdAndATypeName) {
  char id[36];
  EXPECT_EQ(allocations_of([&] {
              write_event_id({1767323045678901}, id);
              (void)event_type_of("tool_approval_requested");
            }),
            0);
}

}  // namespace
}  // namespace asmgr
