#include <mote/micro/detail/letter_reader.hpp>

#include <mote/micro/detail/sendable.hpp>
#include <mote/micro/detail/validate.hpp>
#include <mote/nats/subject.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace mote::micro::detail {
namespace {

constexpr std::string_view prefix = "mote.dead.";

/// Headers that are not of the publisher's message: what the server adds when it hands a message out, the id that the
/// letter was stored with, and conditions of the first publish, which would refuse the second one.
constexpr std::array not_kept = {"Nats-Stream",      "Nats-Subject",     "Nats-Sequence",     "Nats-Time-Stamp",
                                 "Nats-Last-Stream", "Nats-Num-Pending", "Nats-Msg-Size",     "Nats-Last-Sequence",
                                 "Nats-Msg-Id",      "Nats-Rollup",      "Nats-UpTo-Sequence"};

bool is_kept(std::string_view name) {
    if (name.starts_with("Mote-Dead-") || name.starts_with("Nats-Expected-")) return false;
    return std::find(not_kept.begin(), not_kept.end(), name) == not_kept.end();
}

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string text_in(const nats::headers_view& headers, std::string_view name) {
    return std::string(headers.get(name).value_or(std::string_view()));
}

std::optional<std::uint64_t> count_in(const nats::headers_view& headers, std::string_view name) {
    const auto text = headers.get(name);
    return text ? number_of(*text) : std::nullopt;
}

/// `mote.dead.<service>.<endpoint>`, or both stay empty.
void read_owner(micro::dead_letter& letter, std::string_view subject) {
    if (!subject.starts_with(prefix)) return;
    subject.remove_prefix(prefix.size());
    const auto dot = subject.find('.');
    if (dot == std::string_view::npos) return;
    const auto service = subject.substr(0, dot);
    const auto endpoint = subject.substr(dot + 1);
    if (!is_valid_name(service) || !is_valid_name(endpoint)) return;
    letter.service = service;
    letter.endpoint = endpoint;
}

bool can_be_published_to(std::string_view subject) {
    return nats::is_valid_publish_subject(subject) && subject.find_first_of("*>") == std::string_view::npos;
}

micro::dead_letter read(std::string_view subject, const nats::headers_view& headers) {
    micro::dead_letter letter;
    read_owner(letter, subject);
    letter.reason = text_in(headers, "Mote-Dead-Reason");
    letter.tries = count_in(headers, "Mote-Dead-Tries");
    letter.subject = text_in(headers, "Mote-Dead-Subject");
    if (!can_be_published_to(letter.subject)) letter.subject.clear();
    letter.stream = text_in(headers, "Mote-Dead-Stream");
    letter.stream_sequence = count_in(headers, "Mote-Dead-Sequence");
    letter.message_id = text_in(headers, "Mote-Dead-Msg-Id");
    for (const auto& field : headers) {
        if (is_kept(field.name)) add_sendable(letter.headers, field);
    }
    return letter;
}

}  // namespace

micro::dead_letter read_letter(const jetstream::stored_message& stored) {
    auto letter = read(stored.subject, stored.message.headers());
    letter.sequence = stored.sequence;
    letter.time = stored.time;
    letter.payload = stored.message.payload();
    letter.size = letter.payload.size();
    return letter;
}

micro::dead_letter read_letter_headers(const nats::message& message, std::uint64_t sequence,
                                       std::chrono::system_clock::time_point time) {
    auto letter = read(message.subject(), message.headers());
    letter.sequence = sequence;
    letter.time = time;
    // The server's comes behind one that the publisher may have written.
    const auto sizes = message.headers().get_all("Nats-Msg-Size");
    if (!sizes.empty()) letter.size = static_cast<std::size_t>(number_of(sizes.back()).value_or(0));
    return letter;
}

}  // namespace mote::micro::detail
