#include <mote/node/detail/micro_replica.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/functions/error.hpp>
#include <mote/http/status.hpp>
#include <mote/micro/discovery.hpp>
#include <mote/micro/stream_reader.hpp>
#include <mote/node/detail/pause.hpp>
#include <mote/node/error.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr auto first_look = std::chrono::milliseconds(20);
constexpr auto longest_between_looks = std::chrono::milliseconds(500);
constexpr auto longest_question = std::chrono::milliseconds(500);
constexpr const char* instance_variable = "MOTE_FUNCTION_INSTANCE";
constexpr const char* credentials_path = "/var/openfaas/nats.creds";

/// Of an item the headers that are the caller's, without those of the stream it came in.
nats::headers passed_on(const nats::message& item) {
    namespace call_headers = functions::call_headers;
    nats::headers result;
    for (const auto& [name, value] : item.headers())
        if (call_headers::is_passed_on(name) || name == call_headers::status || name == call_headers::body_length)
            result.add(name, value);
    return result;
}

micro::reply_stream<micro::stream_item> relayed(std::shared_ptr<micro::reply_reader> items, nats::message first) {
    std::optional<nats::message> item(std::move(first));
    micro::stream_item out;
    while (item) {
        out.data = std::string(item->payload());
        out.headers = passed_on(*item);
        co_yield out;
        item = co_await items->next();
    }
}

}  // namespace

asio::awaitable<void> micro_replica::start() {
    const auto earlier = co_await serving();
    for (const auto& one : earlier) before_.insert(one.id);
    auto url = parts().opts.nats_url;
    if (url.empty()) url = "nats://" + parts().connection.connected_server();
    std::vector<std::pair<std::string, std::string>> more;
    more.emplace_back("NATS_URL", std::move(url));
    more.emplace_back("MOTE_FUNCTION_SUBJECT", from().name().subject());
    more.emplace_back("MOTE_FUNCTION_QUEUE", "fn");
    more.emplace_back(instance_variable, instance());
    sandbox_extras extras;
    if (parts().logins != nullptr) log_in(more, extras);
    start_process(std::move(more), extras);
    const auto until = clock::now() + from().start_patience();
    std::chrono::nanoseconds wait = first_look;
    for (;;) {
        if (has_ended()) throw_error(errc::process_ended, how_it_ended());
        const auto now = co_await serving();
        if (find_itself(now)) co_return;
        if (clock::now() >= until)
            functions::throw_error(functions::errc::bad_setting,
                                   "its process serves no micro endpoint on " + from().name().subject());
        co_await pause(wait);
        wait = std::min<std::chrono::nanoseconds>(2 * wait, longest_between_looks);
    }
}

/// Gives the process a login of its own, unless the deployment says which one it has.
void micro_replica::log_in(std::vector<std::pair<std::string, std::string>>& more, sandbox_extras& extras) const {
    if (from().has_variable("NATS_CREDS")) return;
    if (!from().is_sandboxed())
        functions::throw_error(functions::errc::bad_setting,
                               "a login of its own needs a sandbox, and this node has none");
    auto login = parts().logins->make(from().name());
    auto& file = extras.files.emplace_back();
    file.path = credentials_path;
    file.content = std::move(login.credentials);
    file.mode = 0400;
    more.emplace_back("NATS_CREDS", credentials_path);
    more.emplace_back("NATS_INBOX_PREFIX", std::move(login.inbox_prefix));
}

asio::awaitable<std::vector<micro::service_info>> micro_replica::serving() {
    micro::discovery_options opts;
    opts.stall = std::chrono::milliseconds(50);
    opts.timeout = std::chrono::seconds(1);
    std::vector<micro::service_info> found;
    try {
        found = co_await micro::discovery(parts().connection).info(opts);
    } catch (const boost::system::system_error&) {
        found.clear();
    }
    const auto subject = from().name().subject();
    std::erase_if(found, [&](const micro::service_info& one) {
        return one.metadata.contains("function.node") ||
               std::none_of(one.endpoints.begin(), one.endpoints.end(),
                            [&](const auto& endpoint) { return endpoint.subject == subject; });
    });
    co_return found;
}

bool micro_replica::find_itself(const std::vector<micro::service_info>& now) {
    const auto found = std::find_if(now.begin(), now.end(), [&](const micro::service_info& one) {
        const auto named = one.metadata.find("function.instance");
        if (named != one.metadata.end()) return named->second == instance();
        // Of two that start together either may be the one or the other: what matters is that each is counted once.
        return !before_.contains(one.id) && !parts().claimed_services.contains(one.id);
    });
    if (found == now.end()) return false;
    service_name_ = found->name;
    service_id_ = found->id;
    parts().claimed_services.insert(service_id_);
    return true;
}

asio::awaitable<std::optional<served_calls>> micro_replica::ask_calls() {
    micro::discovery_options opts;
    opts.name = service_name_;
    opts.id = service_id_;
    opts.timeout = longest_question;
    std::vector<micro::service_stats> found;
    try {
        found = co_await micro::discovery(parts().connection).stats(opts);
    } catch (const boost::system::system_error&) {
        found.clear();
    }
    std::optional<served_calls> said;
    if (found.empty()) co_return said;
    said.emplace();
    std::uint64_t all = 0;
    for (const auto& endpoint : found.front().endpoints) {
        if (endpoint.subject != from().name().subject()) continue;
        all += endpoint.requests;
        said->in_flight += endpoint.in_flight;
    }
    said->calls = all - std::min(all, std::exchange(counted_, all));
    co_return said;
}

asio::awaitable<void> micro_replica::serve(std::shared_ptr<function_call> call) {
    // Behind the end of the node's own subscription to this subject.
    co_await parts().connection.flush(std::chrono::seconds(5));
    micro::stream_options opts;
    opts.headers = call->nats_headers();
    opts.timeout = std::chrono::minutes(10);
    if (call->deadline() != clock::time_point::max()) opts.deadline = call->deadline();
    const auto body = co_await call->whole_body(parts().opts.max_body);
    const auto items = std::make_shared<micro::reply_reader>(
        micro::read_stream(parts().connection, from().name().subject(), body, opts));
    auto first = co_await items->next();
    if (!first) co_return call->respond(http::status::ok, {}, {});
    if (items->ended()) co_return call->pass_on(*first);
    auto pieces = relayed(items, std::move(*first));
    co_await call->respond_in_pieces(std::move(pieces));
}

}  // namespace mote::node::detail
