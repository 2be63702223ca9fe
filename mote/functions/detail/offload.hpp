#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

namespace mote::functions::detail {

template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> run_work(Work work) {
    co_return work();
}

/// Runs `work()` on a thread of the pool, and comes back to the caller's executor with what it returned or threw. A caller
/// that is cancelled waits for its end all the same: `work` has to be told by itself.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> offload(boost::asio::thread_pool::executor_type pool, Work work) {
    co_return co_await boost::asio::co_spawn(pool, run_work(std::move(work)), boost::asio::use_awaitable);
}

}  // namespace mote::functions::detail
