#include <apps/mote/ask/answer_output.hpp>

#include <apps/mote/input.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/shown_bytes.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/client.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <unistd.h>

namespace mote::command {
namespace {

/// Each line with `begin` before it; a body without lines is one that is empty.
std::string each_line(const std::string& begin, std::string_view body) {
    std::string text;
    do {
        const auto size = std::min(body.find('\n'), body.size());
        text.append(begin).append(body.substr(0, size)).append("\n");
        body.remove_prefix(std::min(size + 1, body.size()));
    } while (!body.empty());
    return text;
}

boost::json::object head_of(const answer_about& about) {
    boost::json::object object;
    object["subject"] = about.subject;
    if (!about.instance.empty()) object["instance"] = about.instance;
    if (!about.version.empty()) object["version"] = about.version;
    if (about.number != 0) object["number"] = about.number;
    if (about.rtt) object["rtt"] = about.rtt->count();
    return object;
}

void write_line(const boost::json::object& object) { write_out(valid_json(boost::json::serialize(object)) + "\n"); }

std::string json_of(const answer_about& about, const nats::message& reply) {
    boost::json::object object = head_of(about);
    boost::json::object headers;
    for (const auto& field : reply.headers()) {
        if (!headers.contains(field.name)) headers[field.name] = boost::json::array();
        headers[field.name].as_array().emplace_back(field.value);
    }
    object["headers"] = std::move(headers);
    if (const auto error = micro::error_in(reply.view())) {
        boost::json::object described;
        described["code"] = error->status();
        described["description"] = error->description();
        object["error"] = std::move(described);
    }
    if (is_utf8(reply.payload()))
        object["data"] = reply.payload();
    else
        object["data_base64"] = base64(reply.payload());
    return valid_json(boost::json::serialize(object)) + "\n";
}

}  // namespace

answer_output::answer_output(const req_command& chosen)
    : raw_(chosen.raw),
      json_(chosen.json),
      every_instance_(chosen.all),
      tells_headers_(!chosen.raw && !chosen.json && !chosen.all && !chosen.stream && ::isatty(STDERR_FILENO) == 1),
      out_(look_at(STDOUT_FILENO, chosen.color)) {}

void answer_output::show(const answer_about& about, const nats::message& reply) const {
    if (json_) return write_out(json_of(about, reply));
    if (tells_headers_) {
        std::string text = "# " + (about.number == 0 ? "" : std::to_string(about.number) + ": ") +
                           counted(reply.payload().size(), "byte") + (about.rtt ? " in " + readable(*about.rtt) : "") +
                           "\n";
        for (const auto& field : reply.headers())
            text += "# " + printable(field.name) + ": " + printable(field.value) + "\n";
        write_err(text);
    }
    show_body(about, reply.payload());
}

void answer_output::show_body(const answer_about& about, std::string_view body) const {
    if (raw_ || !every_instance_) return write_bytes(body, raw_, out_);
    const std::string shown = out_.interactive ? fit_for_terminal(body) : std::string(body);
    const std::string id = about.instance.empty() ? "-" : printable(about.instance);
    write_out(each_line(out_.interactive ? out_.bold(id) + "  " : id + "\t", shown));
}

void answer_output::show_failure(const answer_about& about, std::string_view reason, int code) const {
    if (!json_) return;
    boost::json::object object = head_of(about);
    boost::json::object described;
    if (code != 0) described["code"] = code;
    described["description"] = reason;
    object["error"] = std::move(described);
    write_line(object);
}

void say_in_red(std::string_view line, color_mode color) {
    const std::string text = "mote: " + printable(line);
    const bool red = look_at(STDERR_FILENO, color).colour;
    write_err(red ? "\x1b[31m" + text + "\x1b[0m\n" : text + "\n");
}

void say_service_error(const std::string& who, const micro::service_error& error, color_mode color) {
    say_in_red(who + ": the service answered " + std::to_string(error.status()) + ": " + error.description(), color);
}

}  // namespace mote::command
