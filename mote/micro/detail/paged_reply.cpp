#include <mote/micro/detail/paged_reply.hpp>

#include <mote/micro/detail/error_headers.hpp>
#include <mote/micro/detail/page.hpp>
#include <mote/micro/detail/reply.hpp>
#include <mote/micro/detail/validate.hpp>
#include <mote/micro/service_error.hpp>

#include <boost/json.hpp>
#include <iterator>

namespace mote::micro::detail {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr std::size_t first_limit = 256;
constexpr std::size_t most_endpoints = 1'000'000;  // a service that never comes to an end has to end somewhere

boost::json::object parse_page_of(std::string_view text) {
    boost::json::error_code failed;
    auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), failed);
    if (failed || !value.is_object()) throw_error(errc::bad_reply, "a page that is no JSON object");
    return std::move(value.get_object());
}

boost::json::array take_endpoints(boost::json::object& reply) {
    auto* const found = reply.if_contains("endpoints");
    return found != nullptr && found->is_array() ? std::move(found->get_array()) : boost::json::array();
}

}  // namespace

bool means_too_large(const nats::message& reply) { return reply.headers().get(error_code_header) == "413"; }

std::string page_subject(std::string_view verb, const nats::message& reply) {
    const auto who = parse_ping_reply(reply.payload());
    if (!is_valid_name(who.name) || !is_valid_id(who.id)) throw_error(errc::bad_reply, "a name that cannot be one");
    return "$SRV." + std::string(verb) + "." + who.name + "." + who.id;
}

asio::awaitable<std::string> paged_reply(nats::connection connection, std::string subject, clock::time_point deadline) {
    page part{0, first_limit};
    boost::json::object whole;
    boost::json::array endpoints;
    for (;;) {
        const auto question = page_json(part);
        nats::request_options opts;
        opts.timeout = std::max<std::chrono::nanoseconds>(deadline - clock::now(), std::chrono::nanoseconds(1));
        const auto reply = co_await connection.request(subject, question, opts);
        if (means_too_large(reply)) {
            if (part.limit == 1) throw_error(errc::bad_reply, subject + ": one endpoint alone is too large");
            part.limit /= 2;
            continue;
        }
        auto next = parse_page_of(reply.payload());
        auto more = take_endpoints(next);
        const auto count = more.size();
        if (whole.empty()) whole = std::move(next);
        std::move(more.begin(), more.end(), std::back_inserter(endpoints));
        if (count != part.limit) break;  // the last one; or all of them, of one that knows no pages
        part.offset += count;
        if (part.offset >= most_endpoints) throw_error(errc::bad_reply, subject + ": too many endpoints");
    }
    whole["endpoints"] = std::move(endpoints);
    co_return boost::json::serialize(whole);
}

}  // namespace mote::micro::detail
