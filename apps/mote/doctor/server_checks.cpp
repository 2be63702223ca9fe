#include <apps/mote/doctor/server_checks.hpp>

#include <apps/mote/doctor/permission_checks.hpp>
#include <apps/mote/doctor/server_time.hpp>
#include <apps/mote/text.hpp>

#include <mote/jetstream/error.hpp>

#include <boost/system/system_error.hpp>

#include <array>
#include <charconv>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds patience_to_connect = 1500ms;
constexpr std::chrono::milliseconds patience_of_answer = 600ms;

constexpr const char* newest_server = "go install github.com/nats-io/nats-server/v2@latest";

struct feature {
    int minor;
    const char* what;
};
constexpr std::array features = {
    feature{10, "metadata and compression of streams, several filters of a consumer"},
    feature{11, "a TTL of messages and keys, pausing consumers, work endpoints in order"},
    feature{12, "atomic batches, counters, scheduled messages"},
    feature{14, "fast batches, resetting consumers"},
};

/// Nothing for a text that is no version.
std::optional<std::pair<int, int>> major_and_minor(std::string_view version) {
    int major = 0;
    int minor = 0;
    const char* const end = version.data() + version.size();
    const auto first = std::from_chars(version.data(), end, major);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
    if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc()) return std::nullopt;
    return std::pair(major, minor);
}

/// The login was refused, or nobody is there: with the code that `mote ls` would end with.
finding not_connected(const failure& why) {
    auto found = made("server", severity::fail, why.what());
    found.code = why.code();
    if (why.code() == exit_code::cannot_connect) found.mend = "mote up";
    if (why.code() == exit_code::not_allowed) found.mend = "mote doctor --creds FILE, or mote context select NAME";
    if (why.code() == exit_code::usage) found.mend = "mote context show";
    return found;
}

finding connected_to(const nats::connection& connection, std::chrono::nanoseconds rtt, const server_choice& chosen) {
    const auto origin = nats::origin_of_address(chosen.overrides);
    return made("server", severity::ok,
                connection.connected_server() + (origin.empty() ? " (the usual address)" : " (from " + origin + ")") +
                    " answers within " + readable(rtt));
}

std::string used_of(std::uint64_t used, std::int64_t most) {
    const auto megabytes = [](std::uint64_t bytes) {
        return std::to_string((bytes + 1024 * 1024 - 1) / (1024 * 1024));
    };
    // -1 is no bound, which is the usual case.
    return megabytes(used) + (most < 0 ? "" : " of " + megabytes(static_cast<std::uint64_t>(most))) + " MiB";
}

bool is_nearly_full(std::uint64_t used, std::int64_t most) {
    return most > 0 && static_cast<double>(used) >= 0.9 * static_cast<double>(most);
}

finding no_jetstream(const boost::system::system_error& error) {
    if (error.code() == nats::errc::permission_denied)
        return made("jetstream", severity::warn, "this login may not ask for it: " + plain_reason(error.what()),
                    "allow it to publish to $JS.API.> in the server's configuration");
    return made("jetstream", severity::warn,
                plain_reason(error.what()) + ": functions, Key-Value, objects and work endpoints need it",
                "nats-server -js, or jetstream {} in the server's configuration");
}

asio::awaitable<finding> look_at_jetstream(jetstream::context stored) {
    try {
        const auto account = co_await stored.account();
        co_return check_account(account);
    } catch (const boost::system::system_error& error) {
        co_return no_jetstream(error);
    }
}

asio::awaitable<nats::connection> connect_for_checks(server_choice chosen, refusals* refused) {
    auto options = connect_options(chosen, patience_to_connect, "mote doctor");
    options.request_timeout = patience_of_answer;
    options.on_event = [refused](const nats::connection_event& event) { refused->note(event); };
    try {
        co_return co_await nats::connection::connect(options);
    } catch (const boost::system::system_error& error) {
        throw connect_failure(error, chosen);
    }
}

asio::awaitable<void> check_connected(server_choice chosen, nats::connection connection, refusals* refused,
                                      std::shared_ptr<std::vector<finding>> into) {
    const auto rtt = co_await connection.rtt(patience_of_answer);
    into->push_back(connected_to(connection, rtt, chosen));
    into->push_back(check_version(connection.server().version));
    const jetstream::context stored(connection);
    auto about_jetstream = co_await look_at_jetstream(stored);
    into->push_back(std::move(about_jetstream));
    auto permissions = co_await check_permissions(connection, refused, patience_of_answer);
    into->insert(into->end(), permissions.begin(), permissions.end());
    const auto time = co_await compare_times(connection, connection.jetstream(), patience_of_answer);
    if (time) into->push_back(check_server_clock(time->ahead, time->uncertain));
}

}  // namespace

finding check_version(std::string_view version) {
    const auto known = major_and_minor(version);
    if (!known) return made("version", severity::ok, "nats-server " + std::string(version));
    std::string lacks;
    for (const auto& each : features)
        if (*known < std::pair(2, each.minor))
            lacks += (lacks.empty() ? "" : "; ") + std::string(each.what) + " (2." + std::to_string(each.minor) + ")";
    const std::string text = "nats-server " + std::string(version);
    if (*known < std::pair(2, 9))
        return made("version", severity::fail, text + ": nothing older than 2.9 is supported", newest_server);
    if (lacks.empty()) return made("version", severity::ok, text + " has all that is used");
    return made("version", severity::warn, text + " lacks " + lacks, newest_server);
}

finding check_account(const jetstream::account_info& account) {
    const std::string text = counted(static_cast<std::size_t>(account.streams), "stream") + ", " +
                             used_of(account.storage, account.limits.max_storage) + " in files, " +
                             used_of(account.memory, account.limits.max_memory) + " in memory";
    const bool full = is_nearly_full(account.storage, account.limits.max_storage) ||
                      is_nearly_full(account.memory, account.limits.max_memory);
    const bool no_more = account.limits.max_streams > 0 && account.streams >= account.limits.max_streams;
    if (full) return made("jetstream", severity::warn, text + ": nearly full", "nats stream report");
    if (no_more) return made("jetstream", severity::warn, text + ": no more streams are allowed", "nats account info");
    return made("jetstream", severity::ok, text);
}

finding check_server_clock(std::chrono::nanoseconds ahead, std::chrono::nanoseconds uncertain) {
    const auto off = std::max(std::chrono::nanoseconds(0), std::chrono::abs(ahead) - uncertain);
    const std::string text = "the server's is " + readable(std::chrono::abs(ahead)) +
                             (ahead.count() < 0 ? " behind" : " ahead of") + " ours";
    if (off > 1min)
        return made("server clock", severity::fail, text + ": certificates, JWTs and TTLs go wrong",
                    "sudo timedatectl set-ntp true, on both machines");
    if (off > 1s) return made("server clock", severity::warn, text, "sudo timedatectl set-ntp true, on both machines");
    return made("server clock", severity::ok, text);
}

asio::awaitable<void> check_server(server_choice chosen, std::shared_ptr<std::vector<finding>> into) {
    const auto refused = std::make_shared<refusals>();
    try {
        auto connection = co_await connect_for_checks(chosen, refused.get());
        co_await check_connected(chosen, connection, refused.get(), into);
    } catch (const failure& why) {
        into->push_back(not_connected(why));
    } catch (const boost::system::system_error& error) {
        auto found = made("server", severity::fail, plain_reason(error.what()), "mote ls");
        found.code = exit_code_of(error.code());
        into->push_back(std::move(found));
    }
}

}  // namespace mote::command
