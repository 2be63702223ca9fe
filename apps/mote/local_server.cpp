#include <apps/mote/local_server.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/port.hpp>
#include <apps/mote/server_tuning.hpp>
#include <apps/mote/text.hpp>

#include <mote/nats/async_event.hpp>
#include <mote/nats/authenticator.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>
#include <sys/inotify.h>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr auto start_timeout = std::chrono::seconds(30);  // it reads what it stored before
constexpr std::uint16_t ports_to_try = 100;
// Bounds of our own: the server's are shares of the machine.
constexpr std::string_view jetstream_limits = "max_memory_store: 256MB, max_file_store: 4GB";

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A string of the server's configuration language.
std::string config_string(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

/// Tells of each file that was written in a directory.
class directory_watch {
public:
    directory_watch(const asio::any_io_executor& executor, const fs::path& directory) : events_(executor) {
        const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (fd < 0) throw std::system_error(errno, std::generic_category(), "inotify_init1");
        events_.assign(fd);
        if (::inotify_add_watch(fd, directory.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) < 0)
            throw std::system_error(errno, std::generic_category(), directory.string());
    }

    /// Sets `changed` once, after this call or before it.
    void notify(std::shared_ptr<nats::async_event> changed) {
        events_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [changed](const boost::system::error_code& failed) {
                               if (!failed) changed->set();
                           });
    }
    /// Takes what it has told.
    void forget() {
        std::array<char, 4096> unused;
        while (::read(events_.native_handle(), unused.data(), unused.size()) > 0) {
        }
    }

private:
    asio::posix::stream_descriptor events_;
};

}  // namespace

std::optional<fs::path> find_nats_server() {
    const char* const path = std::getenv("PATH");
    const std::string folders = std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/local/bin";
    for (std::size_t begin = 0; begin <= folders.size();) {
        const std::size_t end = std::min(folders.find(':', begin), folders.size());
        fs::path file = fs::path(folders.substr(begin, end - begin)) / "nats-server";
        std::error_code ignored;
        if (end > begin && fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0) return file;
        begin = end + 1;
    }
    return std::nullopt;
}

local_server::local_server(const fs::path& directory, bool with_login, std::string domain)
    : directory_(directory), domain_(std::move(domain)) {
    if (with_login || local_login::exists_in(directory)) login_.emplace(directory);
}

asio::awaitable<std::unique_ptr<local_server>> local_server::start(std::string directory, std::uint16_t port,
                                                                   bool with_login, std::string domain) {
    const auto program = find_nats_server();
    if (!program)
        throw failure(exit_code::error,
                      "nats-server: not in PATH, /usr/sbin or /usr/local/bin; "
                      "install it with `sudo apt-get install nats-server`");
    const fs::path where = directory.empty() ? default_state_directory() : fs::path(directory);
    std::unique_ptr<local_server> server(new local_server(where, with_login, std::move(domain)));
    for (std::uint32_t next = port; next < std::uint32_t{port} + ports_to_try && next <= 65535; ++next) {
        const auto candidate = static_cast<std::uint16_t>(next);
        if (try_to_listen(candidate) == EADDRINUSE) continue;  // the server has the last word
        const bool serves = co_await server->try_start(*program, candidate);
        if (serves) co_return server;
    }
    throw failure(exit_code::error, "port " + std::to_string(port) + ": taken, as the next " +
                                        std::to_string(ports_to_try) + " are; choose another with --port");
}

/// False when somebody else took the port meanwhile.
asio::awaitable<bool> local_server::try_start(fs::path program, std::uint16_t port) {
    write_configuration(port);
    remove_port_files();
    child_options options;
    options.program = std::move(program);
    options.arguments = {"-c", (directory() / "nats-server.conf").string()};
    for (auto& variable : server_variables(memory_to_share()))
        if (std::getenv(variable.first.c_str()) == nullptr) options.variables.push_back(std::move(variable));
    options.log = log();
    options.keep_open = directory_.lock_descriptor();
    port_ = port;
    process_ = std::make_unique<child>(co_await asio::this_coro::executor, options);
    co_await wait_until_ready();
    if (!process_->ended()) co_return true;
    if (read_file(log()).find("address already in use") == std::string::npos)
        throw failure(exit_code::error, "nats-server did not start: " + last_words());
    co_return false;
}

/// Returns when the server serves, or has ended.
asio::awaitable<void> local_server::wait_until_ready() {
    const auto executor = co_await asio::this_coro::executor;
    const auto deadline = std::chrono::steady_clock::now() + start_timeout;
    const auto changed = std::make_shared<nats::async_event>(executor);
    directory_watch watch(executor, directory());
    process_->when_ended([changed] { changed->set(); });
    while (!process_->ended() && announced_port() != port_) {
        watch.notify(changed);
        const bool in_time = co_await changed->wait_until(deadline);
        if (!in_time) throw not_ready();
        watch.forget();
    }
}

failure local_server::not_ready() const {
    return {exit_code::timeout, "nats-server is not ready after " + readable(start_timeout) + ": " + last_words()};
}

/// What it listens on, as it says in its file of ports once it serves; nothing before.
std::optional<std::uint16_t> local_server::announced_port() const {
    const auto file = directory() / ("nats-server_" + std::to_string(process_->pid()) + ".ports");
    boost::system::error_code failed;
    const auto value = boost::json::parse(read_file(file), failed);
    const auto* const urls = failed || !value.is_object() ? nullptr : value.get_object().if_contains("nats");
    if (urls == nullptr || !urls->is_array() || urls->get_array().empty() || !urls->get_array()[0].is_string())
        return {};
    const std::string url(urls->get_array()[0].get_string());
    const auto port = std::strtoul(url.substr(url.rfind(':') + 1).c_str(), nullptr, 10);
    return static_cast<std::uint16_t>(port);
}

void local_server::write_configuration(std::uint16_t port) const {
    const auto file = directory() / "nats-server.conf";
    std::ofstream text(file, std::ios::binary | std::ios::trunc);
    text << "# Written by `mote` at each start; changes are lost.\n"
         << "listen: \"127.0.0.1:" << port << "\"\n"
         << "server_name: \"mote\"\n"
         << "ports_file_dir: " << config_string(directory().string()) << "\n"
         << server_cache_setting << "\n"
         << "jetstream { store_dir: " << config_string(directory().string()) << ", " << jetstream_limits
         << (domain_.empty() ? "" : ", domain: " + config_string(domain_)) << " }\n";
    if (login_) text << login_->server_settings();
    text.close();
    if (!text)
        throw failure(exit_code::error, file.string() + ": cannot be written; name another directory with --dir");
}

/// Of servers that were killed: a new one may get the same process id.
void local_server::remove_port_files() const {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory(), ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("nats-server_") && name.ends_with(".ports")) fs::remove(entry.path(), ignored);
    }
}

/// How it ended, and the last line of its log.
std::string local_server::last_words() const {
    std::string log_text = read_file(log());
    while (log_text.ends_with('\n')) log_text.pop_back();
    const std::string last = log_text.substr(log_text.rfind('\n') + 1);
    std::string text = process_->how_it_ended();
    if (!last.empty()) text += (text.empty() ? "" : ", ") + ("\"" + last + "\"");
    return text + "; see " + log().string();
}

asio::awaitable<nats::connection> local_server::connect(std::string name) const {
    nats::options options;
    options.servers = {url()};
    options.name = std::move(name);
    if (login_) options.auth = nats::credentials_file_authenticator(login_->credentials().string());
    co_return co_await nats::connection::connect(options);
}

void local_server::when_ended(std::function<void(std::exception_ptr)> handler) {
    const auto tell = [this, handler = std::move(handler)] {
        handler(std::make_exception_ptr(failure(exit_code::error, "nats-server ended: " + last_words())));
    };
    if (process_->ended()) return tell();
    process_->when_ended(tell);
}

}  // namespace mote::command
