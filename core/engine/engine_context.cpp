#include "core/engine/engine_context.hpp"

#include <boost/asio/post.hpp>

#include "core/engine/engine_thread.hpp"

namespace asmgr {

void EngineContext::schedule(std::function<void()> work) const {
  boost::asio::post(pool, [work = std::move(work)] {
    const EngineThread::Scope scope;
    work();
  });
}

}  // namespace asmgr
