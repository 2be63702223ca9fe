#include <mote/nats/async_event.hpp>
#include <mote/nats/detail/transport.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace mote::nats::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// What does not leave this machine meets no congestion. Reno, which every Linux lets everybody have, sends it as it comes; BBR,
/// where that is the system's, paces it: half of the bytes a second, for more of the processor (docs/adr/0011). No loss
/// where it cannot be had.
void send_unpaced(tcp::socket& connected) {
    boost::system::error_code failed;
    const auto here = connected.local_endpoint(failed);
    if (failed || here.address() != connected.remote_endpoint(failed).address()) return;
    constexpr std::string_view algorithm = "reno";
    ::setsockopt(connected.native_handle(), IPPROTO_TCP, TCP_CONGESTION, algorithm.data(), algorithm.size());
}

class tcp_transport final : public transport {
public:
    tcp_transport(const asio::any_io_executor& executor, std::chrono::milliseconds connect_timeout)
        : socket_(executor), connect_timeout_(connect_timeout) {}

    asio::awaitable<void> connect(std::string host, std::uint16_t port) override {
        const auto deadline = clock::now() + connect_timeout_;
        const auto endpoints = co_await resolve(std::move(host), port);
        boost::system::error_code failed = asio::error::host_not_found;
        for (std::size_t i = 0; i < endpoints.size() && failed && !closed_; ++i) {
            const auto left = static_cast<int>(endpoints.size() - i);
            // The last one is bounded by who calls.
            const auto until = left == 1 ? clock::time_point::max() : clock::now() + (deadline - clock::now()) / left;
            failed = co_await connect_to(endpoints[i], until);
        }
        if (closed_) failed = asio::error::operation_aborted;
        if (failed) throw boost::system::system_error(failed);
        socket_.set_option(tcp::no_delay(true));
        send_unpaced(socket_);
        socket_.non_blocking(true);
    }

    asio::awaitable<std::size_t> read_some(asio::mutable_buffer into) override {
        return socket_.async_read_some(into, asio::use_awaitable);
    }

    std::size_t try_write(std::string_view bytes, boost::system::error_code& failed) noexcept override {
        return socket_.write_some(asio::buffer(bytes.data(), bytes.size()), failed);
    }

    std::size_t try_write_parts(const std::array<std::string_view, 3>& parts,
                                boost::system::error_code& failed) noexcept override {
        std::array<asio::const_buffer, 3> buffers;
        std::ranges::transform(parts, buffers.begin(),
                               [](std::string_view part) { return asio::buffer(part.data(), part.size()); });
        return socket_.write_some(buffers, failed);
    }

    asio::awaitable<void> wait_writable() override {
        return socket_.async_wait(tcp::socket::wait_write, asio::use_awaitable);
    }

    void close() noexcept override {
        closed_ = true;
        boost::system::error_code ignored;
        socket_.close(ignored);
        if (lookup_ != nullptr) lookup_->end(asio::error::operation_aborted, {});
    }

private:
    using clock = std::chrono::steady_clock;

    /// Returns what it failed with.
    asio::awaitable<boost::system::error_code> connect_to(tcp::endpoint endpoint, clock::time_point until) {
        boost::system::error_code failed;
        socket_.close(failed);  // a socket that has failed cannot try again
        const auto timed_out = std::make_shared<bool>(false);
        asio::steady_timer timer(socket_.get_executor());
        if (until != clock::time_point::max()) {
            timer.expires_at(until);
            // The coroutine, and so this transport, waits as long as the flag has another owner.
            timer.async_wait(
                [this, waiting = std::weak_ptr<bool>(timed_out)](const boost::system::error_code& cancelled) {
                    const auto flag = waiting.lock();
                    if (cancelled || flag == nullptr) return;
                    *flag = true;
                    boost::system::error_code ignored;
                    socket_.cancel(ignored);
                });
        }
        const auto [result] = co_await socket_.async_connect(endpoint, asio::as_tuple(asio::use_awaitable));
        failed = result;
        if (failed && *timed_out) failed = asio::error::timed_out;
        co_return failed;
    }

    /// A question to the resolver. It may outlive the transport, because a thread that waits for a name server cannot be
    /// interrupted.
    struct lookup {
        explicit lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
        tcp::resolver resolver;
        async_event done;
        boost::system::error_code failed;
        std::vector<tcp::endpoint> endpoints;

        void end(const boost::system::error_code& failure, const tcp::resolver::results_type& found) {
            failed = failure;
            for (const auto& entry : found) endpoints.push_back(entry.endpoint());
            done.set();
        }
    };

    asio::awaitable<std::vector<tcp::endpoint>> resolve(std::string host, std::uint16_t port) {
        boost::system::error_code not_an_address;
        const auto address = asio::ip::make_address(host, not_an_address);
        std::vector<tcp::endpoint> endpoints;
        if (!not_an_address) {  // needs no resolver, whose first use starts a thread
            endpoints.emplace_back(address, port);
            co_return endpoints;
        }
        const auto asked = std::make_shared<lookup>(socket_.get_executor());
        lookup_ = asked;
        asked->resolver.async_resolve(host, std::to_string(port), [asked](const auto& failure, const auto& found) {
            if (!asked->done.is_set()) asked->end(failure, found);
        });
        co_await asked->done.wait_until(asio::steady_timer::time_point::max());
        lookup_ = nullptr;
        if (asked->failed) throw boost::system::system_error(asked->failed);
        co_return std::move(asked->endpoints);
    }

    tcp::socket socket_;
    std::chrono::milliseconds connect_timeout_;
    std::shared_ptr<lookup> lookup_;
    bool closed_ = false;
};

}  // namespace

std::unique_ptr<transport> make_tcp_transport(const asio::any_io_executor& executor,
                                              std::chrono::milliseconds connect_timeout) {
    return std::make_unique<tcp_transport>(executor, connect_timeout);
}

}  // namespace mote::nats::detail
