#include <apps/mote/context/context_actions.hpp>
#include <apps/mote/context_mistakes.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/sheet.hpp>
#include <apps/mote/text.hpp>

#include <mote/jetstream/context.hpp>
#include <mote/jetstream/error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <cstdlib>
#include <optional>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

/// What a server answered.
struct tested_context {
    std::string context{};  ///< the name, or the path
    std::string url{};      ///< host and port
    nats::server_info server{};
    std::chrono::nanoseconds rtt{};
    std::optional<jetstream::account_info> account{};
    std::string no_jetstream{};  ///< why not
};

/// With the prefix or the domain of the context.
asio::awaitable<void> ask_jetstream(server_access access, tested_context* into) {
    const jetstream::context stored(access.connection);
    try {
        into->account = co_await stored.account();
    } catch (const boost::system::system_error& error) {
        into->no_jetstream = plain_reason(error.what());
    }
}

std::string jetstream_text(const tested_context& seen) {
    if (!seen.account) return "no: " + seen.no_jetstream;
    return "yes: " + counted(static_cast<std::size_t>(seen.account->streams), "stream") + ", " +
           counted(static_cast<std::size_t>(seen.account->consumers), "consumer");
}

std::string sheet_of_test(const tested_context& seen, const terminal& reader) {
    sheet shown(reader);
    shown.heading(0, seen.context);
    shown.field(2, "address", seen.url);
    shown.field(2, "server", seen.server.server_name);
    shown.field(2, "version", seen.server.version);
    shown.field(2, "cluster", seen.server.cluster);
    shown.field(2, "rtt", readable(seen.rtt));
    shown.field(2, "JetStream", jetstream_text(seen));
    return shown.text();
}

std::string json_of_test(const tested_context& seen) {
    json::object shown;
    shown["context"] = seen.context;
    shown["address"] = seen.url;
    shown["server"] = seen.server.server_name;
    shown["version"] = seen.server.version;
    shown["cluster"] = seen.server.cluster;
    shown["rtt"] = seen.rtt.count();
    json::object stored;
    stored["enabled"] = seen.account.has_value();
    if (seen.account) {
        stored["streams"] = seen.account->streams;
        stored["consumers"] = seen.account->consumers;
        stored["storage"] = seen.account->storage;
        stored["memory"] = seen.account->memory;
    } else {
        stored["reason"] = seen.no_jetstream;
    }
    shown["jetstream"] = std::move(stored);
    return valid_json(json::serialize(shown)) + "\n";
}

asio::awaitable<exit_code> test_on_server(context_command chosen, server_access access) {
    tested_context seen;
    seen.context = chosen.server.overrides.context;
    seen.url = access.connection.connected_server();
    seen.server = access.connection.server();
    seen.rtt = co_await access.connection.rtt(access.timeout);
    co_await ask_jetstream(access, &seen);
    write_out(chosen.json ? json_of_test(seen) : sheet_of_test(seen, look_at(STDOUT_FILENO, chosen.color)));
    co_return exit_code::ok;
}

/// What is tested is the context, and not what the variables say instead. One thread runs here yet.
void forget_variables() {
    for (const char* const name :
         {"NATS_URL", "NATS_USER", "NATS_PASSWORD", "NATS_TOKEN", "NATS_CREDS", "NATS_NKEY", "NATS_JWT", "NATS_SEED",
          "NATS_CERT", "NATS_KEY", "NATS_CA", "NATS_TLSFIRST", "NATS_SOCKS_PROXY", "NATS_INBOX_PREFIX", "NATS_CONTEXT"})
        ::unsetenv(name);
}

}  // namespace

exit_code test_context(const context_command& chosen) {
    const auto context = open_context(chosen.name);
    if (const auto mistakes = mistakes_in(context); !mistakes.empty())
        throw failure(exit_code::usage, context.name + ": " + mistakes.front());
    context_command tested = chosen;
    tested.server.overrides = nats::environment_overrides();
    tested.server.overrides.context = chosen.name.empty() ? *nats::detail::selected_context() : chosen.name;
    forget_variables();
    return run_with_access(tested, test_on_server);
}

}  // namespace mote::command
