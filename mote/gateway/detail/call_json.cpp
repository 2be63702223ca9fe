#include <mote/gateway/detail/call_json.hpp>

#include <mote/json/encode.hpp>
#include <mote/json/utf8.hpp>
#include <mote/nats/base64.hpp>

#include <boost/describe/class.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace mote::gateway::detail {
namespace {

using time = std::chrono::system_clock::time_point;

struct shown_call {
    std::string call_id{};
    std::string function{};
    std::string state{};
    std::uint32_t attempts = 0;
    std::optional<time> submitted{};
    std::optional<time> started{};
    std::optional<time> next{};
    std::optional<double> duration{};
    std::optional<std::string> reason{};
    std::optional<int> status{};
    std::optional<std::map<std::string, std::vector<std::string>>> headers{};
    std::optional<std::uint64_t> body_size{};
    std::optional<std::string> body{};
    std::optional<std::string> body_base64{};
    std::optional<std::string> callback{};
    std::optional<std::uint32_t> callback_tries{};
    std::optional<std::string> callback_trouble{};
};
BOOST_DESCRIBE_STRUCT(shown_call, (),
                      (call_id, function, state, attempts, submitted, started, next, duration, reason, status, headers,
                       body_size, body, body_base64, callback, callback_tries, callback_trouble))

std::optional<time> known(time at) { return at == time{} ? std::nullopt : std::optional(at); }

std::optional<std::string> said(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(json::valid_utf8(text));
}

bool is_text(std::string_view bytes) { return json::valid_utf8(bytes) == bytes; }

void show_answer(shown_call& shown, const functions::call_record& record) {
    shown.status = record.status;
    auto& headers = shown.headers.emplace();
    for (const auto& [name, value] : record.headers) headers[std::string(name)].push_back(json::valid_utf8(value));
    shown.body_size = record.body_size;
    if (!record.body_kept) return;
    if (is_text(record.body))
        shown.body = record.body;
    else
        shown.body_base64 = nats::encode_base64(record.body);
}

}  // namespace

std::string call_json(const std::string& call_id, const functions::call_record& record) {
    shown_call shown;
    shown.call_id = call_id;
    shown.function = record.function.full();
    shown.state = functions::to_text(record.state);
    shown.attempts = record.attempts;
    shown.submitted = known(record.submitted);
    shown.started = known(record.started);
    if (record.state == functions::call_state::retrying) shown.next = known(record.next);
    if (record.duration.count() != 0) shown.duration = std::chrono::duration<double>(record.duration).count();
    shown.reason = said(record.reason);
    if (record.status != 0) show_answer(shown, record);
    if (record.callback != functions::callback_state::none) {
        shown.callback = functions::to_text(record.callback);
        shown.callback_tries = record.callback_tries;
        shown.callback_trouble = said(record.callback_trouble);
    }
    return json::encode(shown);
}

}  // namespace mote::gateway::detail
