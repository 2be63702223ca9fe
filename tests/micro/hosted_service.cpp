#include <tests/micro/hosted_service.hpp>

namespace mote::test {

namespace asio = boost::asio;

hosted_service::hosted_service(nats::options opts, const maker& make) {
    auto opened = start(open(std::move(opts), make));
    thread_ = std::thread([this] { loop_.run(); });
    try {
        opened.get();
    } catch (...) {
        connection_.close();
        thread_.join();
        throw;
    }
}

hosted_service::~hosted_service() {
    asio::post(loop_, [this] {
        service_.reset();
        connection_.close();
    });
    thread_.join();  // the loop ends when nothing of the service and its connection is left on it
}

asio::awaitable<void> hosted_service::open(nats::options opts, const maker& make) {
    connection_ = co_await nats::connection::connect(std::move(opts));
    service_ = make(connection_);
    co_await service_->start(connection_);
}

}  // namespace mote::test
