#include <mote/gateway/detail/answers.hpp>

#include <mote/http/status.hpp>
#include <mote/json/utf8.hpp>
#include <mote/nats/error.hpp>

#include <utility>

namespace mote::gateway::detail {

http::response text_answer(int status, const std::string& text) {
    http::response answer;
    answer.status = status;
    answer.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    answer.body = json::valid_utf8(text) + "\n";
    return answer;
}

http::response json_answer(int status, std::string body) {
    http::response answer;
    answer.status = status;
    answer.headers.emplace_back("Content-Type", "application/json");
    answer.body = std::move(body);
    return answer;
}

http::response unavailable(const std::string& why) {
    auto answer = text_answer(http::status::service_unavailable, why);
    answer.headers.emplace_back("Retry-After", "1");
    return answer;
}

http::response server_is_away() { return unavailable("the NATS server is away"); }

bool is_away(const nats::connection& connection) { return connection.status() != nats::connection_status::connected; }

http::response unanswered(const boost::system::system_error& failed, const nats::connection& connection) {
    const auto& code = failed.code();
    if (code == nats::errc::no_responders) return unavailable("nobody serves this now");
    // It has waited for the server to come back.
    if (code == nats::errc::timeout && is_away(connection)) return server_is_away();
    if (code == nats::errc::timeout)
        return text_answer(http::status::gateway_timeout, "the service did not answer in time");
    if (code == nats::errc::max_payload_exceeded)
        return text_answer(http::status::content_too_large,
                           "the body and its headers are over the NATS server's max_payload");
    if (code == nats::errc::disconnected || code == nats::errc::closed || code == nats::errc::outbound_buffer_full)
        return server_is_away();
    throw boost::system::system_error(failed);
}

void refuse_here(http::exchange& asked, std::exception_ptr& failed) {
    if (failed && asked.status() == 0 && !asked.gone()) asked.refuse(std::exchange(failed, nullptr));
}

}  // namespace mote::gateway::detail
