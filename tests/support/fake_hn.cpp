#include <tests/support/fake_hn.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <fcntl.h>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <sys/resource.h>
#include <thread>

namespace mote::test {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr std::string_view item_prefix = "/v0/item/";
constexpr std::string_view json_suffix = ".json";
constexpr int backlog = 4096;  // all of a fleet of clients connect at once

// Completion tokens: an error is an answer here.
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

void close_on_exec(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

/// A thousand connections need more descriptors than the usual soft limit of 1024 leaves, more so with the clients in this
/// process too.
void allow_many_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 16384));
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The id of an item's path; nothing for other paths.
std::optional<std::int64_t> item_of(std::string_view path) {
    if (!path.starts_with(item_prefix) || !path.ends_with(json_suffix)) return std::nullopt;
    path.remove_prefix(item_prefix.size());
    path.remove_suffix(json_suffix.size());
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), id);
    if (error != std::errc() || end != path.data() + path.size()) return std::nullopt;
    return id;
}

/// What to do with one request.
struct decision {
    unsigned status = 200;
    std::string body;
    std::chrono::milliseconds delay{0};
    bool never = false;  // no answer at all
};

}  // namespace

struct fake_hn::server {
    explicit server(const fake_hn_options& options);
    ~server();

    asio::awaitable<void> listen();
    asio::awaitable<void> serve(tcp::socket socket);
    asio::awaitable<bool> answer(tcp::socket& socket, http::request<http::empty_body>& request);
    decision decide(const std::string& path, http::verb method);

    /// Counts an item's request as unanswered while it lives.
    class unanswered {
    public:
        unanswered(server& owner, bool is_item);
        unanswered(const unanswered&) = delete;
        unanswered& operator=(const unanswered&) = delete;
        ~unanswered();

    private:
        server& owner_;
        bool is_item_;
    };

    const hn_data data;
    const std::string top_stories;

    mutable std::mutex mutex;  // guards the settings and counters
    mutable std::condition_variable changed;
    std::chrono::milliseconds delay{0};
    std::size_t failures_left = 0;
    unsigned failure_status = 500;
    std::set<std::int64_t> hanging;
    std::map<std::string, std::string> answers;
    std::map<std::string, std::size_t> requests;
    std::size_t item_requests = 0;
    std::size_t concurrent = 0;
    std::size_t max_concurrent = 0;
    std::size_t connections = 0;

    // Last, so that it goes first: it owns the coroutines, which use all of the above.
    asio::io_context io{1};
    tcp::acceptor acceptor;
    std::uint16_t port = 0;
    std::thread thread;
};

fake_hn::server::unanswered::unanswered(server& owner, bool is_item) : owner_(owner), is_item_(is_item) {
    if (!is_item_) return;
    const std::lock_guard lock(owner_.mutex);
    ++owner_.item_requests;
    owner_.max_concurrent = std::max(owner_.max_concurrent, ++owner_.concurrent);
    owner_.changed.notify_all();
}

fake_hn::server::unanswered::~unanswered() {
    if (!is_item_) return;
    const std::lock_guard lock(owner_.mutex);
    --owner_.concurrent;
}

fake_hn::server::server(const fake_hn_options& options)
    : data(options.data), top_stories(data.top_stories()), delay(options.delay), acceptor(io, tcp::v4()) {
    allow_many_descriptors();
    close_on_exec(acceptor.native_handle());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(tcp::endpoint(asio::ip::address_v4::loopback(), options.port));
    acceptor.listen(backlog);
    port = acceptor.local_endpoint().port();
    asio::co_spawn(io, listen(), asio::detached);
    thread = std::thread([this] { io.run(); });
}

fake_hn::server::~server() {
    io.stop();
    thread.join();
}

asio::awaitable<void> fake_hn::server::listen() {
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(as_result);
        if (error) continue;
        close_on_exec(socket.native_handle());
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        {
            const std::lock_guard lock(mutex);
            ++connections;
        }
        asio::co_spawn(io, serve(std::move(socket)), asio::detached);
    }
}

asio::awaitable<void> fake_hn::server::serve(tcp::socket socket) {
    boost::beast::flat_buffer buffer;
    for (;;) {
        http::request<http::empty_body> request;
        const auto [error, size] = co_await http::async_read(socket, buffer, request, as_result);
        if (error) break;
        const bool keep_open = co_await answer(socket, request);
        if (!keep_open) break;
    }
}

/// False when the connection is to be closed.
asio::awaitable<bool> fake_hn::server::answer(tcp::socket& socket, http::request<http::empty_body>& request) {
    std::string path(request.target());
    path.resize(std::min(path.find('?'), path.size()));
    const unanswered counted(*this, item_of(path).has_value());
    decision decided = decide(path, request.method());
    if (decided.never) {
        // Until the client gives up.
        co_await socket.async_wait(tcp::socket::wait_read, as_result);
        co_return false;
    }
    if (decided.delay.count() > 0) {
        asio::steady_timer timer(io, decided.delay);
        co_await timer.async_wait(as_result);
    }
    http::response<http::string_body> response(static_cast<http::status>(decided.status), request.version());
    response.set(http::field::content_type, "application/json; charset=utf-8");
    response.keep_alive(request.keep_alive());
    response.body() = std::move(decided.body);
    response.prepare_payload();
    const auto [error, size] = co_await http::async_write(socket, response, as_result);
    co_return !error && response.keep_alive();
}

decision fake_hn::server::decide(const std::string& path, http::verb method) {
    const std::lock_guard lock(mutex);
    ++requests[path];
    decision decided;
    if (failures_left > 0) {
        --failures_left;
        decided.status = failure_status;
        decided.body = R"({"error":"as the test wanted"})";
        return decided;
    }
    const auto id = item_of(path);
    if (id) {
        decided.delay = delay;
        decided.never = hanging.contains(*id);
    }
    const auto given = answers.find(path);
    if (method != http::verb::get) {
        decided.status = 405;
    } else if (given != answers.end()) {
        decided.body = given->second;
    } else if (path == "/v0/topstories.json") {
        decided.body = top_stories;
    } else if (id) {
        decided.body = data.item(*id);
    } else {
        decided.status = 404;
        decided.body = R"({"error":"no such path"})";
    }
    return decided;
}

fake_hn::fake_hn(const fake_hn_options& options) : server_(std::make_unique<server>(options)) {}

fake_hn::~fake_hn() = default;

std::string fake_hn::url() const { return "http://127.0.0.1:" + std::to_string(server_->port) + "/v0"; }

std::uint16_t fake_hn::port() const noexcept { return server_->port; }

const hn_data& fake_hn::data() const noexcept { return server_->data; }

std::vector<std::int64_t> fake_hn::posts() const {
    std::vector<std::int64_t> ids;
    for (const auto& [id, post] : server_->data.posts()) ids.push_back(id);
    return ids;
}

void fake_hn::set_delay(std::chrono::milliseconds delay) {
    const std::lock_guard lock(server_->mutex);
    server_->delay = delay;
}

void fake_hn::fail_next(std::size_t count, unsigned status) {
    const std::lock_guard lock(server_->mutex);
    server_->failures_left = count;
    server_->failure_status = status;
}

void fake_hn::hang(std::int64_t id) {
    const std::lock_guard lock(server_->mutex);
    server_->hanging.insert(id);
}

void fake_hn::answer_with(const std::string& path, const std::string& body) {
    const std::lock_guard lock(server_->mutex);
    server_->answers[path] = body;
}

std::map<std::string, std::size_t> fake_hn::requests() const {
    const std::lock_guard lock(server_->mutex);
    return server_->requests;
}

std::size_t fake_hn::requests(const std::string& path) const {
    const std::lock_guard lock(server_->mutex);
    const auto found = server_->requests.find(path);
    return found == server_->requests.end() ? 0 : found->second;
}

std::size_t fake_hn::item_requests() const {
    const std::lock_guard lock(server_->mutex);
    return server_->item_requests;
}

std::size_t fake_hn::max_concurrent() const {
    const std::lock_guard lock(server_->mutex);
    return server_->max_concurrent;
}

std::size_t fake_hn::connections() const {
    const std::lock_guard lock(server_->mutex);
    return server_->connections;
}

bool fake_hn::wait_for_item_requests(std::size_t count, std::chrono::milliseconds timeout) const {
    std::unique_lock lock(server_->mutex);
    return server_->changed.wait_for(lock, timeout, [&] { return server_->item_requests >= count; });
}

}  // namespace mote::test
