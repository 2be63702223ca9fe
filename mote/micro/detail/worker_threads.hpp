#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>

namespace mote::micro::detail {

/// The threads of an endpoint whose handlers compute. Ending waits for the handlers that run, so it has to end on
/// another thread than theirs.
class worker_threads {
public:
    explicit worker_threads(std::size_t count) : pool_(count) {}
    boost::asio::any_io_executor executor() { return pool_.get_executor(); }

private:
    boost::asio::thread_pool pool_;
};

}  // namespace mote::micro::detail
