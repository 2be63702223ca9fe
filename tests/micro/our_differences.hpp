#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace mote::test {

// Where we differ from the recordings of nats.go on purpose, each difference by name;
// docs/adr/0005-where-we-differ-from-nats-go.md says why.

inline std::string error_reply(const std::string& inbox, const std::string& code, const std::string& text) {
    return "HMSG " + inbox + "\r\nNATS/1.0\r\nNats-Service-Error: " + text + "\r\nNats-Service-Error-Code: " + code +
           "\r\n";
}

/// A request that nobody answers is answered for the handler: the caller need not wait for its time-out.
inline const std::map<std::string, std::string> unanswered_requests{
    {"silent", "no response"}, {"pubonly", "no response"}, {"json-bad", "no response"}};
/// An answer that cannot be sent is thrown in the handler, and becomes an error for the caller.
inline const std::map<std::string, std::string> unsendable_answers{{"too-big", "internal error"}};

/// The text of the 500 that we send where nats.go sends nothing.
inline std::optional<std::string> our_500(const std::string& endpoint) {
    for (const auto* const table : {&unanswered_requests, &unsendable_answers})
        if (const auto found = table->find(endpoint); found != table->end()) return found->second;
    return std::nullopt;
}

/// An answer to a message without a reply subject is dropped and no error of the endpoint...
inline const std::set<std::string> dropped_answers{"echo",
                                                   "plain-in-group",
                                                   "deep",
                                                   "inherit-q",
                                                   "override-q",
                                                   "disable-q",
                                                   "nested-inherit-q",
                                                   "inherit-noq",
                                                   "reenable-q",
                                                   "in-empty-group",
                                                   "custom-subject",
                                                   "custom-queue",
                                                   "no-queue",
                                                   "meta",
                                                   "fail-badargs",
                                                   "twice",
                                                   "headers",
                                                   "json",
                                                   "empty",
                                                   "too-big",
                                                   "slow"};
/// ... and an error that was to be answered is the endpoint's error, with its own text.
inline const std::map<std::string, std::string> errors_without_reply{{"fail", "500:boom happened"},
                                                                     {"fail-nodata", "404:not found: é"},
                                                                     {"fail-override", "400:orig"},
                                                                     {"fail-newline", "400:line1\r\nline2"},
                                                                     {"err-then-ok", "500:first error"},
                                                                     {"ok-then-err", "500:late error"},
                                                                     {"err-twice", "501:e2"}};

using counts = std::tuple<std::uint64_t, std::uint64_t, std::string>;

inline counts with_our_differences(const std::string& endpoint, counts recorded, bool replies_wanted) {
    auto& [requests, errors, last_error] = recorded;
    if (replies_wanted) {
        if (const auto text = our_500(endpoint)) recorded = counts(requests, 1, "500:" + *text);
    } else if (dropped_answers.contains(endpoint)) {
        recorded = counts(requests, 0, "");
    } else if (const auto found = errors_without_reply.find(endpoint); found != errors_without_reply.end()) {
        last_error = found->second;
    }
    return recorded;
}

inline std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

/// Metadata that nobody gave is `{}`, and JSON is not escaped for HTML.
inline std::string in_our_json(std::string recorded) {
    recorded = replaced(std::move(recorded), R"("metadata":null)", R"("metadata":{})");
    recorded = replaced(std::move(recorded), R"(\u003c)", "<");
    recorded = replaced(std::move(recorded), R"(\u003e)", ">");
    return replaced(std::move(recorded), R"(\u0026)", "&");
}

// ---- what differs between any two runs

inline std::string without_id(const std::string& text) {
    static const std::regex id(R"("id":"[0-9A-Za-z]{22}")");
    return std::regex_replace(text, id, R"("id":"ID")");
}

inline std::string without_times(const std::string& text) {
    static const std::regex started(R"("started":"[^"]*Z")");
    static const std::regex time(R"(processing_time":[0-9]+)");
    return std::regex_replace(std::regex_replace(text, started, R"("started":"T")"), time, "processing_time\":0");
}

/// What endpoints that were asked count beyond ADR-32, as the member `mote` of their `data`.
inline std::string without_load(const std::string& text) {
    static const std::regex alone(R"(,"data":\{"mote":\{[^{}]*\{[^{}]*\}\}\})");
    static const std::regex beside(R"(,"mote":\{[^{}]*\{[^{}]*\}\})");
    return std::regex_replace(std::regex_replace(text, alone, ""), beside, "");
}

inline std::string any_run(const std::string& text) { return without_load(without_times(without_id(text))); }

/// The same with the counters that `change` makes of the recorded ones.
template <class Change>
inline std::string with_counts(const std::string& stats, Change change) {
    auto value = boost::json::parse(stats);
    for (auto& endpoint : value.as_object()["endpoints"].as_array()) {
        auto& members = endpoint.as_object();
        const auto name = boost::json::value_to<std::string>(members["name"]);
        const auto [requests, errors, last_error] =
            change(name, counts(boost::json::value_to<std::uint64_t>(members["num_requests"]),
                                boost::json::value_to<std::uint64_t>(members["num_errors"]),
                                boost::json::value_to<std::string>(members["last_error"])));
        members["num_requests"] = requests;
        members["num_errors"] = errors;
        members["last_error"] = last_error;
    }
    return boost::json::serialize(value);
}

inline std::string same_counts(const std::string& stats) {
    return with_counts(stats, [](const std::string&, counts unchanged) { return unchanged; });
}
}  // namespace mote::test
