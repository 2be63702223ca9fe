#include <apps/mote/gateway_server.hpp>

#include <apps/mote/descriptor_limit.hpp>
#include <apps/mote/exit_code.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/state_directory.hpp>
#include <apps/mote/text.hpp>

#include <mote/gateway/credentials.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

/// As much as a NATS server can be told to take; what its own `max_payload` is less than is a 413 as well.
constexpr std::size_t max_body = 64 * 1024 * 1024;

bool is_for_this_machine(const listen_address& listen) { return asio::ip::make_address(listen.address).is_loopback(); }

/// Where only this machine can ask it may be told, too.
functions::callback_rules callbacks_of(const gateway_settings& settings) {
    std::string words;
    for (const auto& each : settings.callbacks) words.append(words.empty() ? "" : " ").append(each);
    if (!words.empty()) return functions::callback_rules::parse(words);
    return is_for_this_machine(settings.listen) ? functions::callback_rules::with_loopback()
                                                : functions::callback_rules();
}

/// Where whoever deploys asks.
const listen_address& system_address(const gateway_settings& settings) {
    return settings.system ? *settings.system : settings.listen;
}

/// Checks what is asked, and makes the login where there is to be one.
std::filesystem::path prepared_credentials(const gateway_settings& settings) {
    if (!settings.login) {
        const auto& open = system_address(settings);
        if (!is_for_this_machine(open))
            throw failure(exit_code::usage, "--no-auth: whoever reaches " + open.address +
                                                " could deploy functions; listen on 127.0.0.1, or leave it out");
        return {};
    }
    std::filesystem::path directory = settings.credentials.empty() ? default_state_directory() / "credentials"
                                                                   : std::filesystem::path(settings.credentials);
    gateway::make_credentials(directory);
    return directory;
}

gateway::front_options front_options_of(const gateway_settings& settings, const std::filesystem::path& credentials,
                                        const log_file& access, const log_file& audit) {
    gateway::front_options options;
    options.services.expose = settings.expose;
    options.services.timeout = settings.timeout;
    options.cors.origins = settings.origins;
    options.callbacks = callbacks_of(settings);
    options.credentials = credentials;
    options.protect_functions = settings.protect_functions;
    options.version = MOTE_VERSION;
    options.commit = MOTE_COMMIT;
    options.access_log = access.sink();
    options.audit_log = audit.sink();
    options.on_note = [](std::string_view what) { say("gateway: " + plain_reason(what)); };
    return options;
}

http::server_options server_options_of(const listen_address& listen) {
    http::server_options options;
    options.address = listen.address;
    options.port = listen.port;
    options.max_body = max_body;
    options.on_failure = [](std::string_view what) { say("gateway: " + plain_reason(what)); };
    return options;
}

/// Of a listener for requests.
http::server_options server_options_of(const gateway_settings& settings, const listen_address& listen,
                                       gateway::front& front) {
    auto options = server_options_of(listen);
    options.on_refusal = [&front](const http::refused_request& refused) { front.refused(refused); };
    options.certificate_file = settings.certificate;
    options.key_file = settings.key;
    options.max_connections = settings.max_connections;
    options.max_in_flight = settings.max_in_flight;
    options.max_head = settings.max_head;
    options.head_timeout = std::chrono::ceil<std::chrono::milliseconds>(settings.head_timeout);
    options.body_timeout = std::chrono::ceil<std::chrono::milliseconds>(settings.body_timeout);
    return options;
}

/// Listens on the port that is asked for, or on one of so many above it that is free. `option` says where else.
std::unique_ptr<http::server> listening(const asio::any_io_executor& executor, http::server_options options,
                                        std::uint16_t more_ports, const http::server_handler& handler,
                                        const std::string& option) {
    for (;; ++options.port, --more_ports) {
        try {
            return std::make_unique<http::server>(executor, options, handler);
        } catch (const boost::system::system_error& failed) {
            const bool taken = failed.code() == boost::system::errc::address_in_use;
            if (!taken) throw;
            if (more_ports == 0 || options.port == 65535)
                throw failure(exit_code::error, plain_reason(failed.what()) + "; choose another with " + option);
        }
    }
}

}  // namespace

log_file::log_file(const std::string& name) {
    if (name.empty()) return;
    descriptor_ = name == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                              : ::open(name.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    if (descriptor_ < 0)
        throw failure(exit_code::error, name + ": cannot be written: " + std::strerror(errno) + "; name another file");
}

log_file::~log_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

gateway::log_sink log_file::sink() const {
    return descriptor_ < 0 ? gateway::log_sink() : gateway::to_descriptor(descriptor_);
}

gateway_server::gateway_server(const nats::connection& connection, gateway_settings settings)
    : settings_(std::move(settings)),
      credentials_(prepared_credentials(settings_)),
      access_log_(settings_.access_log),
      audit_log_(settings_.audit_log),
      front_(connection, front_options_of(settings_, credentials_, access_log_, audit_log_)) {}

asio::awaitable<std::unique_ptr<gateway_server>> gateway_server::start(nats::connection connection,
                                                                       gateway_settings settings) {
    raise_descriptor_limit(settings.max_connections * (settings.system ? 2 : 1));
    std::unique_ptr<gateway_server> made(new gateway_server(connection, std::move(settings)));
    co_await made->front_.start();
    made->listen(connection.executor());
    co_return made;
}

void gateway_server::listen(const asio::any_io_executor& executor) {
    const auto what = settings_.system ? gateway::offer::all_but_system : gateway::offer::all;
    server_ = listening(executor, server_options_of(settings_, settings_.listen, front_), settings_.more_ports,
                        front_.handler(what), "--listen");
    if (settings_.system) listen_for_system(executor);
    front_.watch([this] { return server_->connections() + (system_ ? system_->connections() : 0); },
                 [this] { return server_->in_flight() + (system_ ? system_->in_flight() : 0); });
    if (!settings_.operate) return;
    operate_ = listening(
        executor, server_options_of(*settings_.operate), settings_.more_ports,
        [this](http::exchange& asked) { return front_.operate(asked); }, "--operate-listen");
}

void gateway_server::listen_for_system(const asio::any_io_executor& executor) {
    system_ = listening(executor, server_options_of(settings_, *settings_.system, front_), settings_.more_ports,
                        front_.handler(), "--system-listen");
}

std::string gateway_server::url_at(const listen_address& listen, const http::server& server) const {
    const std::string url = url_of(listen, server.port());
    return settings_.certificate.empty() ? url : "https" + url.substr(url.find(':'));
}

std::string gateway_server::url() const { return url_at(settings_.listen, *server_); }

std::string gateway_server::system_url() const {
    return system_ == nullptr ? url() : url_at(*settings_.system, *system_);
}

std::optional<std::string> gateway_server::operate_url() const {
    if (operate_ == nullptr) return std::nullopt;
    return url_of(*settings_.operate, operate_->port());
}

asio::awaitable<void> gateway_server::stop(std::chrono::nanoseconds patience) {
    // What the calls in flight are answered by goes last.
    front_.stop_following();
    co_await server_->stop(patience);
    if (system_ != nullptr) co_await system_->stop(patience);
    co_await front_.stop();
    if (operate_ != nullptr) co_await operate_->stop(patience);
}

}  // namespace mote::command
