#include <apps/mote/dev/dev_server.hpp>

#include <apps/mote/replace_file.hpp>
#include <apps/mote/server_access.hpp>
#include <apps/mote/usage_hint.hpp>

#include <mote/nats/authenticator.hpp>
#include <mote/nats/environment.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::uint16_t usual_nats_port = 4222;
constexpr auto before_revival = std::chrono::seconds(1);  // it may be back by itself
constexpr auto between_revivals = std::chrono::seconds(3);

/// The address without a login.
std::string shown_address(const std::string& server) {
    const auto scheme = server.find("://");
    const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
    const auto at = server.rfind('@');
    return at == std::string::npos || at < begin ? server : server.substr(0, begin) + server.substr(at + 1);
}

}  // namespace

std::optional<std::uint16_t> local_port_of(const std::vector<std::string>& servers) {
    if (servers.size() != 1) return std::nullopt;
    std::string address = shown_address(servers.front());
    if (const auto scheme = address.find("://"); scheme != std::string::npos) {
        if (address.substr(0, scheme) != "nats") return std::nullopt;
        address.erase(0, scheme + 3);
    }
    if (const auto path = address.find('/'); path != std::string::npos) address.resize(path);
    const auto colon = address.rfind(':');
    const std::string host = address.substr(0, colon);
    if (host != "127.0.0.1" && host != "localhost") return std::nullopt;
    if (colon == std::string::npos) return usual_nats_port;
    std::uint16_t port = 0;
    const char* const end = address.data() + address.size();
    const auto [rest, failed] = std::from_chars(address.data() + colon + 1, end, port);
    if (failed != std::errc() || rest != end || port == 0) return std::nullopt;
    return port;
}

dev_server::dev_server(loop* running, server_choice chosen, std::string data, log_stream* log)
    : running_(running),
      chosen_(std::move(chosen)),
      data_(std::move(data)),
      log_(log),
      self_(std::make_shared<dev_server*>(this)) {
    chosen_.stays = true;
}

dev_server::~dev_server() {
    *self_ = nullptr;
    if (server_) server_->when_ended([](const std::exception_ptr&) {});
}

asio::awaitable<std::unique_ptr<dev_server>> dev_server::open(loop* running, server_choice chosen, std::string data,
                                                              log_stream* log) {
    std::unique_ptr<dev_server> made(new dev_server(running, std::move(chosen), std::move(data), log));
    co_await made->find_or_start();
    const auto wanted = made->port_;
    if (made->own()) made->port_ = made->server_->port();
    co_await made->connect();
    if (made->own()) log->lines(greeting(*made->server_, made->connection_.server().version, *wanted));
    co_return made;
}

asio::awaitable<void> dev_server::find_or_start() {
    const auto options = nats::options_from_environment(chosen_.overrides);
    for (const std::string& each : options.servers) {
        servers_ += (servers_.empty() ? "" : ",") + each;
        url_ += (url_.empty() ? "" : ",") + shown_address(each);
    }
    port_ = local_port_of(options.servers);
    try {
        // For what it says when it cannot.
        const auto probe = co_await open_access(chosen_, running_);
        log_->note("uses the NATS server " + probe.connection.server().version + " that is there, " + url_);
        co_return;
    } catch (const failure& away) {
        if (away.code() != exit_code::cannot_connect || !port_) throw;
    }
    co_await start_own(*port_);
    url_ = servers_ = server_->url();
}

asio::awaitable<void> dev_server::start_own(std::uint16_t port) {
    // A context may say where JetStream is, and the programs read it, too.
    auto domain = nats::jetstream_from_environment(chosen_.overrides).domain;
    server_ = co_await local_server::start(data_, port, false, std::move(domain));
    server_is_up_ = false;
    server_log_ = std::make_unique<file_tail>(co_await asio::this_coro::executor, server_->log(),
                                              [this](std::string_view line) { take_log_line(line); });
    server_->when_ended([self = self_](const std::exception_ptr& cause) {
        if (*self == nullptr) return;
        try {
            std::rethrow_exception(cause);
        } catch (const std::exception& ended) {
            (*self)->log_->problem(ended.what());
        }
    });
}

asio::awaitable<void> dev_server::connect() {
    auto options = nats::options_from_environment(chosen_.overrides);
    if (own()) options.servers = {url_};
    if (own() && server_->login()) {
        creds_ = server_->login()->credentials().string();
        options.auth = nats::credentials_file_authenticator(creds_);
        write_context();
    }
    if (options.name.empty()) options.name = "mote dev";
    options.reconnect.max_wait = std::chrono::milliseconds(500);
    options.on_event = [self = self_](const nats::connection_event& event) {
        if (*self != nullptr) (*self)->take_event(event);
    };
    connection_ = co_await nats::connection::connect(options);
}

/// For the programs. One that is selected may name a user, who would go before the credentials.
void dev_server::write_context() {
    boost::json::object said{{"creds", creds_}};
    const auto domain = nats::jetstream_from_environment(chosen_.overrides).domain;
    if (!domain.empty()) said["jetstream_domain"] = domain;
    context_ = fs::path(creds_).replace_filename("dev.json").string();
    replace_file(context_, boost::json::serialize(said));
}

void dev_server::take_event(const nats::connection_event& event) {
    if (event.kind == nats::event_kind::reconnected) return log_->note("is connected to " + event.server + " again");
    if (event.kind != nats::event_kind::disconnected) return;
    log_->problem("the connection to " + event.server + " is lost; waits for it");
    if (!port_ || std::exchange(keeping_, true)) return;
    asio::co_spawn(running_->executor(), keep(self_), [](const std::exception_ptr&) {});
}

/// Until the connection is there again.
asio::awaitable<void> dev_server::keep(std::shared_ptr<dev_server*> self) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    pause.expires_after(before_revival);
    std::string told;
    for (;;) {
        co_await pause.async_wait(asio::use_awaitable);
        if (*self == nullptr) co_return;
        if ((*self)->connection_.status() != nats::connection_status::reconnecting) break;
        try {
            co_await (*self)->revive();
        } catch (const std::exception& failed) {
            if (*self != nullptr && told != failed.what()) (*self)->log_->problem(told = failed.what());
        }
        pause.expires_after(between_revivals);
    }
    (*self)->keeping_ = false;
}

asio::awaitable<void> dev_server::revive() {
    server_log_.reset();
    server_.reset();  // its directory is free then
    const std::uint16_t port = *port_;
    co_await start_own(port);
    if (server_->port() != port) {  // somebody else is there, whom the connection will find
        server_log_.reset();
        server_.reset();
        co_return;
    }
    if (server_->login() && creds_.empty()) {  // neither the connection nor the programs have one
        const auto directory = server_->directory().string();
        server_log_.reset();
        server_.reset();
        throw failure(exit_code::error, "a NATS server of " + directory + " asks for a login; start `mote dev` again");
    }
    log_->note("started a NATS server on " + server_->url());
    connection_.force_reconnect();
}

/// Without process id and date, and without what it says before it serves, unless that is a warning.
void dev_server::take_log_line(std::string_view line) {
    const auto level = line.find(" [");
    const auto text = level == std::string_view::npos ? line : line.substr(level + 1);
    const bool matters = text.starts_with("[WRN]") || text.starts_with("[ERR]") || text.starts_with("[FTL]");
    if (text.find("Server is ready") != std::string_view::npos) server_is_up_ = true;
    if (server_is_up_ || matters) log_->line(log_source::nats, text);
}

std::vector<std::pair<std::string, std::string>> dev_server::environment() const {
    std::vector<std::pair<std::string, std::string>> variables = {{"NATS_URL", servers_}};
    const auto& said = chosen_.overrides;
    const auto add = [&](const char* name, const std::string& value) {
        if (value.empty()) return;
        // A program runs in another directory than this one.
        std::error_code ignored;
        const bool file = fs::is_regular_file(value, ignored);
        variables.emplace_back(name, file ? fs::absolute(value).string() : value);
    };
    if (!creds_.empty()) {  // no other login is one of that server
        add("NATS_CREDS", creds_);
        add("NATS_CONTEXT", context_);
        if (std::getenv("NATS_USER") != nullptr) variables.emplace_back("NATS_USER", "");  // would win
        return variables;
    }
    add("NATS_USER", said.user);
    add("NATS_PASSWORD", said.password);
    add("NATS_TOKEN", said.token);
    add("NATS_CREDS", said.creds);
    add("NATS_NKEY", said.nkey);
    add("NATS_JWT", said.user_jwt);
    add("NATS_SEED", said.user_seed);
    add("NATS_CERT", said.tls_certificate);
    add("NATS_KEY", said.tls_key);
    add("NATS_CA", said.tls_ca);
    add("NATS_SOCKS_PROXY", said.socks_proxy);
    add("NATS_CONTEXT", said.context);
    return variables;
}

}  // namespace mote::command
