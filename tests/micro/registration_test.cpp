// What is refused when a service or an endpoint is described, and that the error says of what which value is wrong, and why.

#include <tests/micro/refusals.hpp>
#include <tests/micro/world.hpp>

#include <algorithm>
#include <functional>

namespace mote::test {

/// A type whose codec says what the test wants.
struct told {
    static inline std::string schema{};
    static inline std::string_view type = "text/plain";
};
/// The same with another schema.
struct told_otherwise {};

}  // namespace mote::test

template <>
struct mote::micro::codec<mote::test::told> {
    static inline const std::string_view& content_type = test::told::type;
    static void encode(const test::told&, std::string& out) { out += "told"; }
    static test::told decode(std::string_view) { return {}; }
    static std::string schema() { return test::told::schema; }
};

template <>
struct mote::micro::codec<mote::test::told_otherwise> {
    static constexpr std::string_view content_type = "text/plain";
    static void encode(const test::told_otherwise&, std::string& out) { out += "told"; }
    static test::told_otherwise decode(std::string_view) { return {}; }
    static std::string schema() { return R"({"title":")" + std::string(5000, 'o') + "\"}"; }
};

namespace mote::test {
namespace {

using micro::errc;

std::function<void()> service_of(micro::service_config config) {
    return [config] { const micro::service made(config); };
}

std::function<void()> endpoint_of(std::string name, micro::endpoint_options opts = {}) {
    return [name, opts] { a_service().endpoint(name, ignore_request, opts); };
}

micro::endpoint_options on_subject(std::string subject) {
    micro::endpoint_options opts;
    opts.subject = std::move(subject);
    return opts;
}

micro::endpoint_options in_queue_group(std::string group) {
    micro::endpoint_options opts;
    opts.queue_group = std::move(group);
    return opts;
}

micro::endpoint_options with_metadata(micro::metadata metadata) {
    micro::endpoint_options opts;
    opts.metadata = std::move(metadata);
    return opts;
}

TEST(micro_registration, names_the_bad_name) {
    const std::string why = ": a name is made of letters, digits, dashes and underscores";
    expect_refused({
        {errc::bad_name, "service \"\"" + why, service_of(described(""))},
        {errc::bad_name, "service \"a b\"" + why, service_of(described("a b"))},
        {errc::bad_name, "service \"a\\n\"" + why, service_of(described("a\n"))},
        {errc::bad_name, "service \"\xef\xbf\xbd\"" + why, service_of(described("\xff"))},
        {errc::bad_name, "endpoint \"a.b\"" + why, endpoint_of("a.b")},
        {errc::bad_name, "endpoint \"" + std::string(64, '.') + "...\"" + why, endpoint_of(std::string(100'000, '.'))},
        {errc::bad_name, "endpoint \"a b\"" + why, [] { a_service().work("a b", [](micro::event&) {}); }},
    });
}

TEST(micro_registration, names_the_bad_version) {
    const std::string why = ": not a semantic version";
    const auto version = [](const char* text) { return service_of(described("S", text)); };
    expect_refused({
        {errc::bad_version, R"(service "S": version "": "" is not a number)" + why, version("")},
        {errc::bad_version, R"(service "S": version "1.0": it has to have three numbers)" + why, version("1.0")},
        {errc::bad_version, R"(service "S": version "v1.0.0": "v1" is not a number)" + why, version("v1.0.0")},
        {errc::bad_version, R"(service "S": version "01.0.0": "01" has a leading zero)" + why, version("01.0.0")},
        {errc::bad_version, R"(service "S": version "1.0.0.0": more than three numbers)" + why, version("1.0.0.0")},
        {errc::bad_version, R"(service "S": version "1.0.0-01": "01" has a leading zero)" + why, version("1.0.0-01")},
        {errc::bad_version, R"(service "S": version "1.0.0\n": "0?" is not a number)" + why, version("1.0.0\n")},
        {errc::bad_version, R"(service "S": version "1.0.0+a_b": "a_b" cannot be part of a build)" + why,
         version("1.0.0+a_b")},
    });
}

TEST(micro_registration, names_the_bad_subject) {
    const std::string why = ": invalid endpoint subject";
    const auto subject = [](const char* text) { return endpoint_of("e", on_subject(text)); };
    expect_refused({
        {errc::bad_subject, R"(endpoint "e": subject "a b" has a blank or a control character)" + why, subject("a b")},
        {errc::bad_subject, R"(endpoint "e": subject "a\tb" has a blank or a control character)" + why,
         subject("a\tb")},
        {errc::bad_subject, R"(endpoint "e": subject "a..b" has an empty token)" + why, subject("a..b")},
        {errc::bad_subject, R"(endpoint "e": subject "a." has an empty token)" + why, subject("a.")},
        {errc::bad_subject, R"(endpoint "e": subject "a*b" has a * within a token, or a > before its end)" + why,
         subject("a*b")},
        {errc::bad_subject, R"(endpoint "e": subject "a.>.b" has a * within a token, or a > before its end)" + why,
         subject("a.>.b")},
        {errc::bad_subject, "endpoint \"e\": subject \"caf\xef\xbf\xbd\" is not UTF-8 at byte 3" + why,
         subject("caf\xe9")},
        {errc::bad_subject, R"(endpoint "e": subject "g h.e" has a blank or a control character)" + why,
         [] { a_service().group("g h").endpoint("e", ignore_request); }},
        {errc::bad_subject, R"(endpoint "e": subject "a b" has a blank or a control character)" + why,
         [] {
             micro::work_options opts;
             opts.subject = "a b";
             a_service().work("e", opts, [](micro::event&) {});
         }},
    });
}

TEST(micro_registration, names_the_bad_queue_group) {
    const std::string why = ": invalid queue group";
    auto config = described();
    config.queue_group = "a b";
    micro::group_options in_group;
    in_group.queue_group = "a>b";
    expect_refused({
        {errc::bad_queue_group, R"(service "S": queue group "a b" has a blank or a control character)" + why,
         service_of(config)},
        {errc::bad_queue_group, R"(endpoint "e": queue group "a\r\n" has a blank or a control character)" + why,
         endpoint_of("e", in_queue_group("a\r\n"))},
        {errc::bad_queue_group, R"(endpoint "e": queue group "a>b" has a > before its end)" + why,
         endpoint_of("e", in_queue_group("a>b"))},
        {errc::bad_queue_group, "endpoint \"e\": queue group \"\xef\xbf\xbd\" is not UTF-8 at byte 0" + why,
         endpoint_of("e", in_queue_group("\x80"))},
        {errc::bad_queue_group, R"(endpoint "e": queue group "a>b" has a > before its end)" + why,
         [in_group] { a_service().group("g", in_group).endpoint("e", ignore_request); }},
    });
}

TEST(micro_registration, names_the_bad_metadata) {
    const std::string why = ": invalid metadata, description or schema";
    auto reserved = described();
    reserved.metadata = {{"mote.direct", "x"}};
    auto bad_key = described();
    bad_key.metadata = {{"o\xc3", "x"}};
    auto bad_value = described();
    bad_value.metadata = {{"owner", "lab\xff"}};
    auto description = described();
    description.description = "\xed\xa0\x80 is a surrogate";
    expect_refused({
        {errc::bad_metadata,
         R"(service "S": metadata key "mote.direct": those that begin with mote. are the library's)" + why,
         service_of(reserved)},
        {errc::bad_metadata,
         R"(endpoint "e": metadata key "mote.kind": those that begin with mote. are the library's)" + why,
         endpoint_of("e", with_metadata({{"mote.kind", "event"}}))},
        {errc::bad_metadata, "service \"S\": metadata key \"o\xef\xbf\xbd\" is not UTF-8 at byte 1" + why,
         service_of(bad_key)},
        {errc::bad_metadata, "service \"S\": metadata \"owner\": \"lab\xef\xbf\xbd\" is not UTF-8 at byte 3" + why,
         service_of(bad_value)},
        {errc::bad_metadata,
         "service \"S\": description \"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd is a surrogate\" is not UTF-8 at byte 0" +
             why,
         service_of(description)},
        {errc::bad_metadata, "endpoint \"e\": metadata key \"\xef\xbf\xbd\" is not UTF-8 at byte 0" + why,
         endpoint_of("e", with_metadata({{"\xff", ""}}))},
        {errc::bad_metadata, "endpoint \"e\": metadata \"k\": \"\xef\xbf\xbd\" is not UTF-8 at byte 0" + why,
         endpoint_of("e", with_metadata({{"k", "\xff"}}))},
        {errc::bad_metadata,
         "endpoint \"e\": metadata \"mote.description\": \"\xef\xbf\xbd\" is not UTF-8 at byte 0" + why,
         endpoint_of("e", with_metadata({{"mote.description", "\xff"}}))},
        {errc::bad_metadata, "endpoint \"w\": metadata \"k\": \"\xef\xbf\xbd\" is not UTF-8 at byte 0" + why,
         [] {
             micro::work_options opts;
             opts.metadata = {{"k", "\xff"}};
             a_service().work("w", opts, [](micro::event&) {});
         }},
    });
    auto good = described();
    good.description = "caf\xc3\xa9 \xf0\x9f\x8d\xb5";
    good.metadata = {{"\xc3\xa9", "\xc3\xa9\n"}, {"", ""}};
    EXPECT_FALSE(failure_at_once(service_of(good)).code);
}

TEST(micro_registration, names_the_bad_schema_of_a_codec) {
    const std::string why = ": invalid metadata, description or schema";
    const auto takes = [](std::string schema) {
        return [schema] {
            told::schema = schema;
            a_service().endpoint("e", [](const told&) {});
        };
    };
    const auto gives = [](std::string schema) {
        return [schema] {
            told::schema = schema;
            a_service().endpoint("e", [] { return told(); });
        };
    };
    expect_refused({
        {errc::bad_metadata,
         R"(endpoint "e": schema of requests "nonsense" is not JSON: expected a value at byte 0, got 'n')" + why,
         takes("nonsense")},
        {errc::bad_metadata,
         R"(endpoint "e": schema of responses "{\"a\":}" is not JSON: expected a value at byte 5, got '}')" + why,
         gives(R"({"a":})")},
        {errc::bad_metadata, R"(endpoint "e": schema of requests "[1]" is neither an object nor true or false)" + why,
         takes("[1]")},
        {errc::bad_metadata, R"(endpoint "e": schema of requests "null" is neither an object nor true or false)" + why,
         takes("null")},
        {errc::bad_metadata,
         "endpoint \"e\": schema of requests \"{\\\"title\\\":\\\"\xef\xbf\xbd\\\"}\" is not JSON: expected UTF-8 at "
         "byte 10, got 0xFF" +
             why,
         takes("{\"title\":\"\xff\"}")},
        {errc::bad_metadata,
         R"(endpoint "e": schema of requests "{}{}" is not JSON: expected the end at byte 2, got '{')" + why,
         takes("{}{}")},
        {errc::bad_metadata,
         "endpoint \"e\": schema of requests \"" + std::string(64, '[') +
             "...\" is too deep: expected at most 1000 levels, got more at byte 1000" + why,
         takes(std::string(1001, '[') + std::string(1001, ']'))},
    });
    const auto work = [] {
        told::schema = "[]";
        a_service().work("w", [](const told&) {});
    };
    EXPECT_EQ(failure_at_once(work).code, errc::bad_metadata);
    for (const auto* const good : {"{}", " true", "false", R"({"type":"string"})", ""})
        EXPECT_FALSE(failure_at_once(takes(good)).code) << good;
    told::type = "text/\xff";
    expect_refused(
        {{errc::bad_metadata,
          "endpoint \"e\": media type of requests \"text/\xef\xbf\xbd\" is not UTF-8 at byte 5" + why, takes("{}")}});
    told::type = "text/plain";
    told::schema.clear();
}

// ---- names that are there twice

TEST(micro_registration, names_the_work_that_has_the_stream_already) {
    auto service = a_service();
    service.work("w", [](micro::event&) {});
    expect_refused({{errc::queue_taken,
                     R"(endpoint "w": stream S_w, consumer S_w are those of endpoint "w" already: )"
                     "two work endpoints of a service need streams or names of their own",
                     [&service] { service.work("w", [](micro::event&) {}); }}});
}

TEST(micro_registration, leaves_the_service_as_it_was_when_it_refuses) {
    auto service = a_service();
    told::schema = R"({"title":")" + std::string(5000, 'x') + "\"}";
    const auto refused = failure_at_once([&] { service.endpoint("e", std::function<told(told)>()); });
    told::schema.clear();
    EXPECT_EQ(refused.code, errc::bad_handler);
    EXPECT_TRUE(service.info().endpoints.empty());
}

using registration_test = micro_test;

/// docs/adr/0006: endpoints of one name are taken, and where a name has to choose it is the first.
TEST_F(registration_test, takes_a_name_twice_and_means_the_first_where_only_the_name_is_given) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        service.group("a").endpoint("e", [](micro::request& req) { req.respond("first"); });
        service.group("b").endpoint("e", [](micro::request& req) { req.respond("second"); });
        co_await service.start(here.connection);
        const auto direct = "_MOTE." + service.id() + ".e";
        const auto first = co_await ask(here.caller, "a.e");
        const auto second = co_await ask(here.caller, "b.e");
        const auto by_name = co_await ask(here.caller, direct);
        EXPECT_EQ(first, body("first"));
        EXPECT_EQ(second, body("second"));
        EXPECT_EQ(by_name, body("first"));
        co_await service.remove("e");
        const auto left = co_await ask(here.caller, direct);
        EXPECT_EQ(left, body("second"));
        EXPECT_EQ(service.info().endpoints.size(), 1U);
    });
}

TEST_F(registration_test, keeps_the_large_schemas_of_endpoints_with_one_name_apart) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto large = R"({"title":")" + std::string(5000, 'x') + "\"}";
        told::schema = large;
        micro::service service(here.config());
        service.group("a").endpoint("e", [](const told&) {});
        service.group("b").endpoint("e", [](const told_otherwise&) {});
        service.group("c").endpoint("e", [](const told&) {});
        told::schema.clear();
        co_await service.start(here.connection);
        const std::vector<std::string> expected{large, micro::codec<told_otherwise>::schema(), large};
        for (std::size_t at = 0; at < expected.size(); ++at) {
            // The first endpoint that needs it brings the one that serves them.
            const auto endpoints = service.info().endpoints;
            const auto found = std::ranges::find(endpoints, std::string(1, static_cast<char>('a' + at)) + ".e",
                                                 &micro::endpoint_info::subject);
            const std::string reference = found->metadata.at("mote.request.schema.ref");
            const auto blank = reference.find(' ');
            const auto served = co_await ask(here.caller, reference.substr(0, blank), reference.substr(blank + 1));
            EXPECT_EQ(served, body(expected[at])) << reference;
        }
        const auto unknown = co_await ask(here.caller, "mote.schema.Test.1.0.0", "e/request/7");
        EXPECT_EQ(unknown.status, 404);
        EXPECT_TRUE(contains(unknown.description, "/2")) << unknown;
    });
}

}  // namespace
}  // namespace mote::test
