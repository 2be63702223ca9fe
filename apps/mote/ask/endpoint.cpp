#include <apps/mote/ask/endpoint.hpp>

#include <apps/mote/lookup.hpp>
#include <apps/mote/suggestion.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/discovery.hpp>
#include <mote/micro/fetch_schemas.hpp>

#include <boost/system/system_error.hpp>

#include <utility>
#include <vector>

namespace mote::command {
namespace {

namespace asio = boost::asio;

/// A service's name is one token; a subject of one token may be meant as well.
bool may_be_service(const asked_words& words) {
    if (!words.second || words.second == "-") return false;
    return words.third.has_value() || words.first.find_first_not_of(
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                          "0123456789-_") == std::string::npos;
}

/// Only a service can be meant: its endpoint has flags, or there are three words.
bool must_be_service(const asked_words& words) { return words.third || !words.flags.empty(); }

const micro::endpoint_info& endpoint_of(const micro::service_info& service, const std::string& wanted) {
    std::vector<std::string> names;
    for (const auto& each : service.endpoints) {
        if (each.name == wanted) return each;
        names.push_back(each.name);
    }
    const auto near = nearest(wanted, names);
    const std::string there = names.empty()  ? "it has none"
                              : near.empty() ? "available: " + listed(names, 20)
                                             : "did you mean " + listed(near) + "?";
    throw failure(exit_code::not_found,
                  "service \"" + service.name + "\" has no endpoint \"" + wanted + "\"; " + there);
}

bool is_json(const std::string& media_type) {
    return media_type == "application/json" || media_type.starts_with("application/json;");
}

/// A schema that is too large for the metadata is asked for.
asio::awaitable<std::string> schema_of(micro::service_info service, micro::endpoint_info endpoint,
                                       server_access access) {
    service.endpoints.clear();
    service.endpoints.push_back(std::move(endpoint));
    std::vector<micro::service_info> one;
    one.push_back(std::move(service));
    const auto fetched = co_await micro::fetch_schemas(access.connection, std::move(one), access.timeout);
    co_return micro::metadata_value(fetched.services.front().endpoints.front().metadata, "mote.request.schema");
}

}  // namespace

asio::awaitable<asked_endpoint> find_endpoint(asked_words words, server_access access) {
    asked_endpoint asked;
    asked.subject = words.first;
    asked.data = words.second;
    if (!may_be_service(words)) co_return asked;

    service_choice whom;
    whom.name = words.first;
    auto options = discovery_options_of(access, whom);
    options.max_replies = 1;
    micro::discovery services(access.connection);
    const auto asked_at = std::chrono::steady_clock::now();
    const auto found = co_await services.info(options);
    if (found.empty() && (must_be_service(words) || services.unreadable() != 0))
        co_await explain_silence(access, whom, std::chrono::steady_clock::now() - asked_at, services.unreadable());
    if (found.empty()) co_return asked;

    const auto& service = found.front();
    const auto& endpoint = endpoint_of(service, *words.second);
    if (endpoint.subject.find_first_of("*>") != std::string::npos)
        throw failure(exit_code::usage, service.name + " " + endpoint.name + " listens on " + endpoint.subject +
                                            ", which is many subjects; ask one of them, as `mote req SUBJECT DATA`");
    asked.subject = endpoint.subject;
    asked.service = service.name;
    asked.endpoint = endpoint.name;
    asked.data = words.third;
    asked.streams = micro::metadata_value(endpoint.metadata, "mote.reply") == "stream";
    asked.takes_json = is_json(micro::metadata_value(endpoint.metadata, "mote.request.type"));
    asked.schema = co_await schema_of(service, endpoint, access);
    co_return asked;
}

void throw_no_answer(const std::string& subject, const server_access& access,
                     const boost::system::system_error& error) {
    if (error.code() == nats::errc::no_responders)
        throw failure(exit_code::not_found,
                      subject + ": no responders; nobody listens there, `mote info SERVICE` shows subjects");
    if (error.code() == nats::errc::timeout)
        throw failure(exit_code::timeout,
                      subject + ": no answer within " + readable(access.timeout) + "; wait longer with --timeout");
    throw error;
}

}  // namespace mote::command
