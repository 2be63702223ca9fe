#include <apps/mote/commands.hpp>
#include <apps/mote/input.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/client.hpp>
#include <mote/micro/discovery.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

/// What is asked, once it is clear what the words of the command line mean.
struct question {
    std::string subject{};
    std::optional<std::string> data{};  ///< nothing: what standard input gives
};

/// A service's name is one token; a subject of one token may be meant as well.
bool may_be_service(const req_command& chosen) {
    if (!chosen.second || chosen.second == "-") return false;
    return chosen.third.has_value() || chosen.first.find_first_not_of(
                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                           "0123456789-_") == std::string::npos;
}

const std::string& subject_of(const micro::service_info& service, const std::string& endpoint) {
    std::vector<std::string> names;
    for (const auto& each : service.endpoints) {
        if (each.name == endpoint) return each.subject;
        names.push_back(each.name);
    }
    const auto near = nearest(endpoint, names);
    const std::string there = names.empty()  ? "it has none"
                              : near.empty() ? "available: " + listed(names, 20)
                                             : "did you mean " + listed(near) + "?";
    throw failure(exit_code::not_found,
                  "service \"" + service.name + "\" has no endpoint \"" + endpoint + "\"; " + there);
}

/// The first instance that answers says which endpoints there are.
asio::awaitable<question> understand(req_command chosen, server_access access) {
    question asked;
    asked.subject = chosen.first;
    asked.data = chosen.second;
    if (!may_be_service(chosen)) co_return asked;

    service_choice whom;
    whom.name = chosen.first;
    auto options = discovery_options_of(access, whom);
    options.max_replies = 1;
    micro::discovery services(access.connection);
    const auto asked_at = std::chrono::steady_clock::now();
    const auto found = co_await services.info(options);
    if (found.empty() && (chosen.third || services.unreadable() != 0))
        co_await explain_silence(access, whom, std::chrono::steady_clock::now() - asked_at, services.unreadable());
    if (found.empty()) co_return asked;
    asked.subject = subject_of(found.front(), *chosen.second);
    asked.data = chosen.third;
    co_return asked;
}

asio::awaitable<std::string> data_of(question asked) {
    const bool from_input = asked.data ? *asked.data == "-" : is_input_fed();
    if (from_input) co_return co_await whole_input();
    co_return asked.data.value_or("");
}

std::string reply_json(const std::string& subject, const nats::message& reply, std::chrono::nanoseconds rtt) {
    boost::json::object object;
    object["subject"] = subject;
    object["rtt"] = rtt.count();
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

void show(const req_command& chosen, const nats::message& reply, std::chrono::nanoseconds rtt) {
    const std::string_view body = reply.payload();
    if (!chosen.raw && ::isatty(STDERR_FILENO) == 1) {
        std::string about = "# " + counted(body.size(), "byte") + " in " + readable(rtt) + "\n";
        for (const auto& field : reply.headers())
            about += "# " + printable(field.name) + ": " + printable(field.value) + "\n";
        write_err(about);
    }
    write_out(body);
    if (!chosen.raw && !body.empty() && !body.ends_with('\n')) write_out("\n");
}

[[noreturn]] void throw_no_answer(const question& asked, const server_access& access,
                                  const boost::system::system_error& error) {
    if (error.code() == nats::errc::no_responders)
        throw failure(exit_code::not_found,
                      asked.subject + ": no responders; nobody listens there, `mote info SERVICE` shows subjects");
    if (error.code() == nats::errc::timeout)
        throw failure(exit_code::timeout, asked.subject + ": no answer within " + readable(access.timeout) +
                                              "; wait longer with --timeout");
    throw error;
}

asio::awaitable<exit_code> req(req_command chosen, server_access access) {
    const question asked = co_await understand(chosen, access);
    const std::string data = co_await data_of(asked);
    nats::request_options options;
    options.timeout = access.timeout;
    for (const auto& [name, value] : chosen.headers) options.headers.add(name, value);

    const auto asked_at = std::chrono::steady_clock::now();
    nats::message reply;
    try {
        reply = co_await access.connection.request(asked.subject, data, options);
    } catch (const boost::system::system_error& error) {
        throw_no_answer(asked, access, error);
    }
    const auto rtt = std::chrono::steady_clock::now() - asked_at;
    if (chosen.json)
        write_out(reply_json(asked.subject, reply, rtt));
    else
        show(chosen, reply, rtt);
    if (const auto error = micro::error_in(reply.view()))
        throw failure(exit_code::service_error, asked.subject + ": the service answered " +
                                                    std::to_string(error->status()) + ": " + error->description());
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const req_command& chosen) { return run_with_access(chosen, req); }

}  // namespace mote::command
