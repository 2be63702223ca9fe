#include <mote/node/detail/micro_replica.hpp>

#include <mote/functions/error.hpp>
#include <mote/micro/deadline.hpp>
#include <mote/micro/discovery.hpp>
#include <mote/node/detail/pause.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>

namespace mote::node::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr auto first_pause = std::chrono::milliseconds(20);
constexpr auto longest_pause = std::chrono::milliseconds(500);

}  // namespace

asio::awaitable<void> micro_replica::start() {
    std::vector<std::pair<std::string, std::string>> more;
    more.emplace_back("NATS_URL", parts().opts.nats_url);
    more.emplace_back("MOTE_FUNCTION_SUBJECT", from().name().subject());
    more.emplace_back("MOTE_FUNCTION_QUEUE", "fn");
    more.emplace_back("MOTE_FUNCTION_INSTANCE", instance());
    start_process(std::move(more));
    const auto until = clock::now() + parts().opts.start_timeout;
    std::chrono::nanoseconds wait = first_pause;
    for (;;) {
        if (has_ended()) functions::throw_error(functions::errc::bad_setting, "its process " + trouble());
        const bool served = co_await is_served();
        if (served) co_return;
        if (clock::now() >= until)
            functions::throw_error(functions::errc::bad_setting,
                                   "its process serves no micro endpoint on " + from().name().subject());
        co_await pause(wait);
        wait = std::min<std::chrono::nanoseconds>(2 * wait, longest_pause);
    }
}

/// By an endpoint of another service than those of nodes.
asio::awaitable<bool> micro_replica::is_served() {
    micro::discovery_options opts;
    opts.stall = std::chrono::milliseconds(50);
    opts.timeout = std::chrono::seconds(1);
    std::vector<micro::service_info> found;
    try {
        found = co_await micro::discovery(parts().connection).info(opts);
    } catch (const boost::system::system_error&) {
        co_return false;
    }
    const auto subject = from().name().subject();
    co_return std::any_of(found.begin(), found.end(), [&](const micro::service_info& one) {
        return !one.metadata.contains("function.node") &&
               std::any_of(one.endpoints.begin(), one.endpoints.end(),
                           [&](const auto& endpoint) { return endpoint.subject == subject; });
    });
}

asio::awaitable<void> micro_replica::serve(std::shared_ptr<function_call> call) {
    // Behind the end of the node's own subscription to this subject.
    co_await parts().connection.flush(std::chrono::seconds(5));
    nats::request_options opts;
    opts.headers = call->nats_headers();
    opts.timeout = std::chrono::minutes(10);
    if (call->deadline() != clock::time_point::max()) {
        opts.timeout =
            std::max<std::chrono::nanoseconds>(call->deadline() - clock::now(), std::chrono::milliseconds(1));
        micro::add_deadline(opts.headers, opts.timeout);
    }
    const auto body = co_await call->whole_body(parts().opts.max_body);
    const auto reply = co_await parts().connection.request(from().name().subject(), body, opts);
    call->pass_on(reply);
}

}  // namespace mote::node::detail
