// The HTTP server of the benchmarks, on a port of 127.0.0.1 that it prints: `function` and `coroutine` echo the body on
// mote/http, `bound` is what Asio can do: it answers fixed bytes to whatever ends in an empty line.
#include <mote/http/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

class bound : public std::enable_shared_from_this<bound> {
public:
    explicit bound(tcp::socket socket) : socket_(std::move(socket)) { socket_.set_option(tcp::no_delay(true)); }

    void read() {
        socket_.async_read_some(asio::buffer(bytes_), [self = shared_from_this()](error_code failed, std::size_t size) {
            if (failed) return;
            if (std::string_view(self->bytes_.data(), size).find("\r\n\r\n") != std::string_view::npos)
                self->answer();
            else
                self->read();
        });
    }

private:
    void answer() {
        static constexpr std::string_view answer =
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "Content-Length: 16\r\n\r\n0123456789abcdef";
        asio::async_write(socket_, asio::buffer(answer), [self = shared_from_this()](error_code failed, std::size_t) {
            if (!failed) self->read();
        });
    }

    tcp::socket socket_;
    std::array<char, 4096> bytes_;
};

void accept(tcp::acceptor& acceptor) {
    acceptor.async_accept([&acceptor](error_code failed, tcp::socket socket) {
        if (failed) return;
        std::make_shared<bound>(std::move(socket))->read();
        accept(acceptor);
    });
}

asio::awaitable<void> echo(mote::http::exchange& asked) {
    const auto body = co_await asked.read_body();
    asked.respond(200, {{"Content-Type", "text/plain"}}, body);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view who = argc == 2 ? argv[1] : "";
    asio::io_context context(1);
    if (who == "bound") {
        tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        std::cout << acceptor.local_endpoint().port() << "\n" << std::flush;
        accept(acceptor);
        context.run();
        return 0;
    }
    const auto serve = [&](mote::http::server_handler handler) {
        mote::http::server server(context.get_executor(), {}, std::move(handler));
        std::cout << server.port() << "\n" << std::flush;
        context.run();
        return 0;
    };
    if (who == "coroutine") return serve(echo);
    if (who == "function")
        return serve(
            [](mote::http::exchange& asked) { asked.respond(200, {{"Content-Type", "text/plain"}}, asked.body()); });
    std::cerr << "usage: bench_http function|coroutine|bound\n";
    return 2;
}
