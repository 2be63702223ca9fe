#include <tests/micro/fake_collector.hpp>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json.hpp>
#include <cctype>

namespace mote::test {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

}  // namespace

struct fake_collector::state {
    explicit state(const asio::any_io_executor& executor)
        : acceptor(executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
    tcp::acceptor acceptor;
    std::vector<std::shared_ptr<tcp::socket>> hanging;
    std::deque<collector_answer> answers;
    std::vector<collector_request> requests;
    int at_once = 0;
    int most_at_once = 0;

    static asio::awaitable<void> listen(std::shared_ptr<state> self) {
        for (;;) {
            auto [failed, socket] = co_await self->acceptor.async_accept(as_result);
            if (failed) co_return;
            const auto shared = std::make_shared<tcp::socket>(std::move(socket));
            asio::co_spawn(self->acceptor.get_executor(), serve(self, shared), asio::detached);
        }
    }

    static asio::awaitable<void> serve(std::shared_ptr<state> self, std::shared_ptr<tcp::socket> socket) {
        boost::beast::flat_buffer buffer;
        beast_http::request_parser<beast_http::string_body> parser;
        parser.body_limit(16 * 1024 * 1024);
        self->most_at_once = std::max(self->most_at_once, ++self->at_once);
        const auto [failed, size] = co_await beast_http::async_read(*socket, buffer, parser, as_result);
        --self->at_once;
        if (failed) co_return;
        self->note(parser.get());
        collector_answer how;
        if (!self->answers.empty()) {
            how = self->answers.front();
            self->answers.pop_front();
        }
        if (how.never) {
            self->hanging.push_back(socket);
            co_return;
        }
        beast_http::response<beast_http::string_body> response(static_cast<beast_http::status>(how.status), 11);
        if (!how.retry_after.empty()) response.set(beast_http::field::retry_after, how.retry_after);
        response.body() = "{}";
        response.keep_alive(false);
        response.prepare_payload();
        co_await beast_http::async_write(*socket, response, as_result);
    }

    void note(const beast_http::request<beast_http::string_body>& request) {
        collector_request got;
        got.method = std::string(request.method_string());
        got.target = std::string(request.target());
        for (const auto& field : request)
            got.headers[lower(std::string(field.name_string()))] = std::string(field.value());
        got.body = boost::json::parse(request.body());
        got.came = std::chrono::steady_clock::now();
        requests.push_back(std::move(got));
    }
};

const boost::json::array& collector_request::spans() const {
    return body.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").as_array();
}

fake_collector::fake_collector(const asio::any_io_executor& executor) : state_(std::make_shared<state>(executor)) {
    asio::co_spawn(executor, state::listen(state_), asio::detached);
}

fake_collector::~fake_collector() {
    state_->acceptor.close();
    state_->hanging.clear();
}

std::uint16_t fake_collector::port() const { return state_->acceptor.local_endpoint().port(); }
std::deque<collector_answer>& fake_collector::answers() { return state_->answers; }
const std::vector<collector_request>& fake_collector::requests() const { return state_->requests; }
int fake_collector::most_at_once() const { return state_->most_at_once; }

}  // namespace mote::test
