#include <apps/mote/ask/body.hpp>

#include <apps/mote/ask/json_check.hpp>
#include <apps/mote/input.hpp>
#include <apps/mote/suggestion.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>

#include <optional>
#include <vector>

namespace mote::command {
namespace {

namespace asio = boost::asio;

/// A flag of mote's stood behind the endpoint, and the body has a member of that name: who wrote it may have meant that.
void refuse_ambiguous(const asked_words& words, const body_flags& flags) {
    for (const std::string& name : words.own_given)
        if (flags.has(name))
            throw failure(exit_code::usage, "--" + name + " is an option of mote, and --." + name +
                                                " is the member of the body; write the option before the service");
}

std::string first_flag(const asked_words& words) {
    return words.flags.empty() ? std::string() : "--" + words.flags.front().name + ": ";
}

/// An option of the command may have been meant.
std::string option_like(const asked_words& words) {
    if (words.flags.empty()) return {};
    std::vector<std::string> options;
    for (const std::string& each : words.own_options) options.push_back("--" + each);
    const auto near = nearest("--" + words.flags.front().name, options);
    return near.empty() ? std::string() : "; did you mean " + listed(near) + "?";
}

std::string body_of_flags(const asked_words& words, const asked_endpoint& endpoint) {
    const auto flags = flags_of(words, endpoint);
    refuse_ambiguous(words, flags);
    return boost::json::serialize(flags.make(words.flags));
}

/// Nobody gave a body: of an endpoint whose members are all optional it is one without members.
std::string body_of_nothing(const asked_words& words, const asked_endpoint& endpoint) {
    const auto schema = endpoint.takes_json ? body_schema::parse(endpoint.schema) : std::nullopt;
    if (!schema || !schema->object_form(schema->root())) return {};
    const auto flags = flags_of(words, endpoint);
    refuse_ambiguous(words, flags);
    return flags.all_optional() ? "{}" : "";
}

void check(const asked_words& words, const asked_endpoint& endpoint, const std::string& body) {
    if (!words.check || !endpoint.takes_json) return;
    const auto mistake = find_json_mistake(body);
    if (!mistake) return;
    if (body.empty())
        throw failure(exit_code::usage, endpoint.name() +
                                            " takes JSON, and there is no body; --flags tells its members, "
                                            "--no-check sends it anyway");
    throw failure(exit_code::usage, "the body is no JSON: " + described(*mistake) + "; --no-check sends it anyway");
}

asio::awaitable<std::string> taken(asked_words words, asked_endpoint endpoint) {
    if (!words.flags.empty()) co_return body_of_flags(words, endpoint);
    if (words.file) {
        input_pieces file(co_await asio::this_coro::executor, *words.file);
        co_return co_await file.rest();
    }
    const bool from_input = endpoint.data ? endpoint.data == "-" : is_input_fed();
    if (!from_input) co_return endpoint.data ? *endpoint.data : body_of_nothing(words, endpoint);
    std::string fed = co_await whole_input();
    if (fed.empty() && !endpoint.data) fed = body_of_nothing(words, endpoint);
    co_return fed;
}

}  // namespace

body_flags flags_of(const asked_words& words, const asked_endpoint& endpoint) {
    if (endpoint.service.empty())
        throw failure(exit_code::usage, first_flag(words) + endpoint.subject +
                                            " is a subject, and only SERVICE ENDPOINT has flags of its own" +
                                            option_like(words));
    if (endpoint.schema.empty())
        throw failure(exit_code::usage, first_flag(words) + endpoint.name() +
                                            " tells no JSON Schema, and so it has no flags; give the body as DATA" +
                                            option_like(words));
    return {endpoint.name(), endpoint.schema, words.own_options};
}

asio::awaitable<std::string> body_of(asked_words words, asked_endpoint endpoint) {
    if (!words.flags.empty()) flags_of(words, endpoint);  // has none, perhaps
    const int given = (words.flags.empty() ? 0 : 1) + (words.file ? 1 : 0) + (endpoint.data ? 1 : 0);
    if (given > 1) {
        const std::string first = words.flags.empty() ? "--file" : "--" + words.flags.front().name;
        throw failure(exit_code::usage, "the body is given twice: " + first + " and " +
                                            (endpoint.data ? "\"" + *endpoint.data + "\"" : std::string("--file")));
    }
    const std::string body = co_await taken(words, endpoint);
    check(words, endpoint, body);
    co_return body;
}

}  // namespace mote::command
