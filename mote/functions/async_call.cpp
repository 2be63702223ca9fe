#include <mote/functions/async_call.hpp>

#include <array>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <utility>

namespace mote::functions {
namespace {

using wall_clock = std::chrono::system_clock;

constexpr std::string_view version_line = "NATS/1.0\r\n";

constexpr std::array<std::pair<call_state, std::string_view>, 7> states{{{call_state::queued, "queued"},
                                                                         {call_state::running, "running"},
                                                                         {call_state::retrying, "retrying"},
                                                                         {call_state::done, "done"},
                                                                         {call_state::failed, "failed"},
                                                                         {call_state::cancelled, "cancelled"},
                                                                         {call_state::dead, "dead"}}};
constexpr std::array<std::pair<callback_state, std::string_view>, 4> callbacks{
    {{callback_state::none, "none"},
     {callback_state::pending, "pending"},
     {callback_state::delivered, "delivered"},
     {callback_state::failed, "failed"}}};

template <class Words, class Value>
std::string_view text_of(const Words& words, Value value) noexcept {
    for (const auto& [each, text] : words)
        if (each == value) return text;
    return {};
}

template <class Words, class Value>
bool read_word(const Words& words, std::string_view text, Value& value) {
    for (const auto& [each, word] : words)
        if (word == text) {
            value = each;
            return true;
        }
    return false;
}

template <class Number>
bool read_number(std::string_view text, Number& value) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc() && end == text.data() + text.size();
}

std::int64_t nanoseconds_of(wall_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

/// Lines as those of NATS headers, so that a record can be read by eye.
class record_writer {
public:
    void line(std::string_view name, std::string_view value) {
        text_.append(name).append(": ");
        for (const char c : value) text_ += c == '\r' || c == '\n' ? ' ' : c;
        text_ += "\r\n";
    }
    void number(std::string_view name, std::int64_t value) {
        if (value != 0) line(name, std::to_string(value));
    }
    void words(std::string_view name, std::string_view value) {
        if (!value.empty()) line(name, value);
    }
    std::string end(std::string_view body) {
        text_.append("\r\n").append(body);
        return std::move(text_);
    }

private:
    std::string text_{version_line};
};

/// One line of a record; false when it cannot be read.
bool read_line(std::string_view name, std::string_view value, call_record& record) {
    const auto time = [value](wall_clock::time_point& into) {
        std::int64_t count = 0;
        if (!read_number(value, count)) return false;
        into =
            wall_clock::time_point(std::chrono::duration_cast<wall_clock::duration>(std::chrono::nanoseconds(count)));
        return true;
    };
    if (name == "Mote-State") return read_word(states, value, record.state);
    if (name == "Mote-Sequence") return read_number(value, record.sequence);
    if (name == "Mote-Attempts") return read_number(value, record.attempts);
    if (name == "Mote-Max-Attempts") return read_number(value, record.max_attempts);
    if (name == "Mote-Submitted") return time(record.submitted);
    if (name == "Mote-Next") return time(record.next);
    if (name == "Mote-Started") return time(record.started);
    if (name == "Mote-Duration") {
        std::int64_t count = 0;
        const bool good = read_number(value, count);
        record.duration = std::chrono::nanoseconds(count);
        return good;
    }
    if (name == "Mote-Callback") return read_word(callbacks, value, record.callback);
    if (name == "Mote-Callback-Tries") return read_number(value, record.callback_tries);
    if (name == "Mote-Body-Size") return read_number(value, record.body_size);
    if (name == "Http-Status") return read_number(value, record.status);
    if (name == "Mote-Reason") record.reason = value;
    if (name == "Mote-Callback-Trouble") record.callback_trouble = value;
    if (name == "Mote-Body-Kept") record.body_kept = value != "false";
    return true;
}

bool read_field(const nats::header_field& field, call_record& record) {
    try {
        if (field.name == "Mote-Function") {
            record.function = function_name::from_key(field.value);
            return true;
        }
        if (field.name.starts_with("Mote-") || field.name.starts_with("Http-"))
            return read_line(field.name, field.value, record);
        record.headers.add(field.name, field.value);
        return true;
    } catch (const boost::system::system_error&) {
        return false;
    }
}

}  // namespace

std::string_view to_text(call_state state) noexcept { return text_of(states, state); }
std::string_view to_text(callback_state state) noexcept { return text_of(callbacks, state); }

bool is_final(call_state state) noexcept {
    return state != call_state::queued && state != call_state::running && state != call_state::retrying;
}

std::string write_record(const call_record& record) {
    record_writer to;
    to.line("Mote-State", to_text(record.state));
    to.line("Mote-Function", record.function.key());
    to.number("Mote-Sequence", static_cast<std::int64_t>(record.sequence));
    to.number("Mote-Attempts", record.attempts);
    to.number("Mote-Max-Attempts", record.max_attempts);
    to.number("Mote-Submitted", nanoseconds_of(record.submitted));
    to.number("Mote-Next", nanoseconds_of(record.next));
    to.number("Mote-Started", nanoseconds_of(record.started));
    to.number("Mote-Duration", record.duration.count());
    to.words("Mote-Reason", record.reason);
    if (record.callback != callback_state::none) to.line("Mote-Callback", to_text(record.callback));
    to.number("Mote-Callback-Tries", record.callback_tries);
    to.words("Mote-Callback-Trouble", record.callback_trouble);
    to.number("Http-Status", record.status);
    to.number("Mote-Body-Size", static_cast<std::int64_t>(record.body_size));
    if (!record.body_kept) to.line("Mote-Body-Kept", "false");
    for (const auto& [name, value] : record.headers) to.line(name, value);
    return to.end(record.body);
}

std::optional<call_record> read_record(std::string_view text) {
    const auto end = text.find("\r\n\r\n");
    if (!text.starts_with(version_line) || end == std::string_view::npos) return std::nullopt;
    call_record record;
    bool named = false;
    for (const auto& field : nats::headers_view(text.substr(0, end + 4))) {
        if (!read_field(field, record)) return std::nullopt;
        named = named || field.name == "Mote-Function";
    }
    if (!named) return std::nullopt;
    record.body = text.substr(end + 4);
    return record;
}

}  // namespace mote::functions
