#include <apps/mote/commands.hpp>
#include <apps/mote/input.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/sheet.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/detail/wire.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using micro::dead_letter;
using micro::dead_letters;
using micro::detail::utc_text;

std::string count_text(const std::optional<std::uint64_t>& number) { return number ? std::to_string(*number) : ""; }

failure not_there(const std::vector<std::uint64_t>& sequences) {
    std::vector<std::string> names;
    for (const auto each : sequences) names.push_back(std::to_string(each));
    return {exit_code::not_found, "no dead letter " + listed(names) + "; `mote dead ls` shows what there is"};
}

// ---- looking

/// Without the payload, and without what the letter does not tell.
boost::json::object letter_json(const dead_letter& letter) {
    boost::json::object object;
    const auto add = [&object](const char* name, const std::string& text) {
        if (!text.empty()) object[name] = text;
    };
    object["sequence"] = letter.sequence;
    add("service", letter.service);
    add("endpoint", letter.endpoint);
    object["time"] = utc_text(letter.time);
    add("reason", letter.reason);
    if (letter.tries) object["tries"] = *letter.tries;
    add("subject", letter.subject);
    add("stream", letter.stream);
    if (letter.stream_sequence) object["stream_sequence"] = *letter.stream_sequence;
    add("message_id", letter.message_id);
    boost::json::object headers;
    for (const auto& [name, value] : letter.headers) {
        if (!headers.contains(name)) headers[name] = boost::json::array();
        headers[name].as_array().emplace_back(value);
    }
    object["headers"] = std::move(headers);
    object["size"] = letter.size;
    return object;
}

std::string table_of(const std::vector<dead_letter>& letters, const terminal& reader) {
    table shown({{.title = "Letter", .side = align::right},
                 {.title = reader.interactive ? "Age" : "Time"},
                 {.title = "Service"},
                 {.title = "Endpoint"},
                 {.title = "Tries", .side = align::right},
                 {.title = "Bytes", .side = align::right},
                 {.title = "Subject", .flexible = true},
                 {.title = "Reason", .flexible = true}});
    const auto now = std::chrono::system_clock::now();
    for (const auto& each : letters) {
        const auto age = std::chrono::ceil<std::chrono::seconds>(std::max(now, each.time) - each.time);
        shown.add({std::to_string(each.sequence), reader.interactive ? readable(age) : utc_text(each.time),
                   each.service, each.endpoint, count_text(each.tries), std::to_string(each.size), each.subject,
                   plain_reason(each.reason)});
    }
    return shown.render(reader);
}

std::string whom(const micro::dead_letter_filter& whose) {
    std::string text = whose.service.empty() ? "" : " of " + whose.service;
    return whose.endpoint.empty() ? text : text + " " + whose.endpoint;
}

asio::awaitable<exit_code> list_letters(dead_command chosen, dead_letters letters) {
    const auto found = co_await letters.list(chosen.whose, chosen.page);
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& each : found) texts.push_back(boost::json::serialize(letter_json(each)));
        write_out(json_array(texts));
    } else {
        write_out(table_of(found, look_at(STDOUT_FILENO, chosen.color)));
    }
    if (found.empty()) write_err("no dead letters" + whom(chosen.whose) + "\n");
    if (found.size() == chosen.page.limit)
        write_err("there may be more: --from " + std::to_string(found.back().sequence + 1) + "\n");
    co_return exit_code::ok;
}

std::string payload_lines(const std::string& payload) {
    if (!is_utf8(payload)) return "  no text; --json has it in base64\n";
    std::string text;
    for (std::string_view rest = payload; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        text += "  " + printable(line) + "\n";
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    return text;
}

std::string sheet_of(const dead_letter& letter, terminal reader) {
    reader.interactive = false;  // nothing is cut: who asks for one letter wants all of it
    sheet page(reader);
    page.field(0, "Letter", std::to_string(letter.sequence));
    page.field(0, "Service", letter.service);
    page.field(0, "Endpoint", letter.endpoint);
    page.field(0, "Given up", utc_text(letter.time));
    page.field(0, "Reason", plain_reason(letter.reason));
    page.field(0, "Tries", count_text(letter.tries));
    page.field(0, "Subject", letter.subject);
    page.field(0, "Stream", letter.stream);
    page.field(0, "Sequence", count_text(letter.stream_sequence));
    page.field(0, "Message ID", letter.message_id);
    if (!letter.headers.empty()) page.heading(0, "Headers");
    for (const auto& [name, value] : letter.headers) page.field(2, name, value);
    page.heading(0, "Payload, " + counted(letter.size, "byte"));
    return page.text() + payload_lines(letter.payload);
}

asio::awaitable<exit_code> show(dead_command chosen, dead_letters letters) {
    const auto letter = co_await letters.get(chosen.sequences.front());
    if (!letter) throw not_there(chosen.sequences);
    if (!chosen.json) {
        write_out(sheet_of(*letter, look_at(STDOUT_FILENO, chosen.color)));
        co_return exit_code::ok;
    }
    auto object = letter_json(*letter);
    if (is_utf8(letter->payload))
        object["data"] = letter->payload;
    else
        object["data_base64"] = base64(letter->payload);
    write_out(valid_json(boost::json::serialize(object)) + "\n");
    co_return exit_code::ok;
}

// ---- doing something with them

/// What became of the letters of one command.
struct tally {
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::string first_failure{};
    std::vector<std::uint64_t> missing{};
};

/// Tells it, and returns what it means for the exit code.
exit_code report(const dead_command& chosen, const tally& counts, const char* verb) {
    if (chosen.json) {
        boost::json::object object;
        object[verb] = counts.done;
        object["failed"] = counts.failed;
        if (counts.failed != 0) object["error"] = counts.first_failure;
        object["missing"] = boost::json::array(counts.missing.begin(), counts.missing.end());
        write_out(valid_json(boost::json::serialize(object)) + "\n");
    } else {
        write_err(counted(counts.done, "dead letter") + " " + verb + "\n");
    }
    if (counts.failed != 0)
        say("not " + std::string(verb) + ", and still there: " + counted(counts.failed, "dead letter") + "; letter " +
            counts.first_failure);
    if (!counts.missing.empty()) say(not_there(counts.missing).what());
    if (counts.failed != 0) return exit_code::error;
    return counts.missing.empty() ? exit_code::ok : exit_code::not_found;
}

/// What is wrong with one letter does not keep the others from being tried.
bool concerns_one_letter(const boost::system::error_code& why) {
    return why == nats::errc::bad_subject ||
           (why.category() == jetstream::jetstream_category() && why != jetstream::errc::not_enabled);
}

asio::awaitable<exit_code> retry(dead_command chosen, dead_letters letters) {
    tally counts;
    if (chosen.all) {
        const auto all = co_await letters.retry_all(chosen.whose);
        counts.done = all.retried;
        counts.failed = all.failed;
        counts.first_failure = plain_reason(all.first_failure);
    }
    for (const auto sequence : chosen.sequences) {
        try {
            const auto ack = co_await letters.retry(sequence);
            if (ack)
                ++counts.done;
            else
                counts.missing.push_back(sequence);
        } catch (const boost::system::system_error& failed) {
            if (!concerns_one_letter(failed.code())) throw;
            if (++counts.failed == 1)
                counts.first_failure = std::to_string(sequence) + ": " + plain_reason(failed.what());
        }
    }
    co_return report(chosen, counts, "retried");
}

asio::awaitable<exit_code> drop(dead_command chosen, dead_letters letters) {
    tally counts;
    if (chosen.all) counts.done = co_await letters.drop_all(chosen.whose);
    for (const auto sequence : chosen.sequences) {
        const bool was_there = co_await letters.drop(sequence);
        if (was_there)
            ++counts.done;
        else
            counts.missing.push_back(sequence);
    }
    co_return report(chosen, counts, "dropped");
}

asio::awaitable<exit_code> dead(dead_command chosen, server_access access) {
    const dead_letters letters(jetstream::context(access.connection));
    try {
        switch (chosen.action) {
            case dead_action::list: co_return co_await list_letters(chosen, letters);
            case dead_action::show: co_return co_await show(chosen, letters);
            case dead_action::retry: co_return co_await retry(chosen, letters);
            case dead_action::drop: co_return co_await drop(chosen, letters);
        }
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != jetstream::errc::not_enabled) throw;
    }
    throw failure(exit_code::error, "no JetStream on " + access.connection.connected_server() +
                                        ", or not for this account, and so no work and no dead letters; `mote up` "
                                        "starts a server with it");
}

}  // namespace

exit_code run(const dead_command& chosen) { return run_with_access(chosen, dead); }

}  // namespace mote::command
