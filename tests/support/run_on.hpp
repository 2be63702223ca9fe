#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <memory>
#include <type_traits>
#include <utility>

namespace mote::test {

/// Runs on the loop's thread, which is another one, and returns what comes back.
template <class Work>
auto run_on(boost::asio::io_context& loop, Work work) {
    using result_type = std::invoke_result_t<Work>;
    const auto task = std::make_shared<std::packaged_task<result_type()>>(std::move(work));
    auto result = task->get_future();
    boost::asio::post(loop, [task] { (*task)(); });
    return result.get();
}

}  // namespace mote::test
