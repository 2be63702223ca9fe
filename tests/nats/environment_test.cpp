#include <mote/nats/environment.hpp>

#include <mote/nats/detail/context_file.hpp>
#include <mote/nats/error.hpp>
#include <tests/nats/environment_fixture.hpp>
#include <tests/nats/live.hpp>

#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::environment_overrides;
using nats::errc;
using nats::options;
using nats::options_from_environment;

environment_overrides named(std::string context) {
    environment_overrides overrides;
    overrides.context = std::move(context);
    return overrides;
}

failure refusal(const environment_overrides& overrides = {}) {
    return failure_at_once([&] { options_from_environment(overrides); });
}

TEST_F(environment, says_nothing_when_nothing_is_set) {
    const auto opts = options_from_environment();
    EXPECT_EQ(opts.servers, options().servers);
    EXPECT_EQ(opts.inbox_prefix, "_INBOX");
    EXPECT_EQ(opts.user + opts.password + opts.token, "");
    const auto where = nats::jetstream_from_environment();
    EXPECT_EQ(where.domain + where.api_prefix, "");
    EXPECT_EQ(nats::timeout_from_environment(), 5s);
}

TEST_F(environment, prefers_flags_to_variables_to_the_context) {
    add_context("c", R"({"url": "nats://context:1", "user": "cu", "password": "cp", "inbox_prefix": "_C",
                         "jetstream_domain": "cd", "jetstream_api_prefix": "ca"})");
    select("c");
    auto opts = options_from_environment();
    EXPECT_EQ(opts.servers.at(0), "nats://context:1");
    EXPECT_EQ(opts.user + "/" + opts.password, "cu/cp");
    EXPECT_EQ(opts.inbox_prefix, "_C");
    EXPECT_EQ(opts.jetstream.domain, "cd");
    EXPECT_EQ(opts.jetstream.api_prefix, "") << "the domain goes before, as the `nats` command has it";

    set("NATS_URL", "nats://variable:1,nats://variable:2");
    set("NATS_USER", "vu");
    set("NATS_PASSWORD", "vp");
    opts = options_from_environment();
    EXPECT_EQ(opts.servers.at(0), "nats://variable:1,nats://variable:2");
    EXPECT_EQ(opts.user + "/" + opts.password, "vu/vp");

    environment_overrides flags;
    flags.server = "nats://flag:1";
    flags.user = "fu";
    flags.password = "fp";
    flags.inbox_prefix = "_F";
    flags.jetstream_domain = "fd";
    flags.jetstream_api_prefix = "fa";
    opts = options_from_environment(flags);
    EXPECT_EQ(opts.servers.at(0), "nats://flag:1");
    EXPECT_EQ(opts.user + "/" + opts.password, "fu/fp");
    EXPECT_EQ(opts.inbox_prefix, "_F");
    EXPECT_EQ(opts.jetstream.domain, "fd");
    EXPECT_EQ(opts.jetstream.api_prefix, "");
}

TEST_F(environment, knows_where_jetstream_is) {
    const auto place = [](const environment_overrides& overrides) {
        const auto opts = options_from_environment(overrides);
        const auto alone = nats::jetstream_from_environment(overrides);
        EXPECT_EQ(alone.domain, opts.jetstream.domain);
        EXPECT_EQ(alone.api_prefix, opts.jetstream.api_prefix);
        return opts.jetstream.domain + "/" + opts.jetstream.api_prefix;
    };
    EXPECT_EQ(place({}), "/");
    add_context("domain", R"({"jetstream_domain": "cd"})");
    add_context("prefix", R"({"jetstream_api_prefix": "ca"})");
    EXPECT_EQ(place(named("domain")), "cd/");
    EXPECT_EQ(place(named("prefix")), "/ca");
    auto flags = named("domain");
    flags.jetstream_api_prefix = "fa";
    EXPECT_EQ(place(flags), "/fa") << "a flag goes before all that the context says of it";
    flags.context = "prefix";
    flags.jetstream_api_prefix.clear();
    flags.jetstream_domain = "fd";
    EXPECT_EQ(place(flags), "fd/");
}

TEST_F(environment, names_the_connection_only_when_it_is_told) {
    EXPECT_EQ(options_from_environment().name, "");
    environment_overrides flags;
    flags.connection_name = "mine";
    EXPECT_EQ(options_from_environment(flags).name, "mine");
}

TEST_F(environment, prefers_token_of_flag_to_variable_to_context) {
    add_context("c", R"({"token": "ct"})");
    select("c");
    EXPECT_EQ(options_from_environment().token, "ct");
    set("NATS_TOKEN", "vt");
    EXPECT_EQ(options_from_environment().token, "vt");
    environment_overrides flags;
    flags.token = "ft";
    EXPECT_EQ(options_from_environment(flags).token, "ft");
}

TEST_F(environment, combines_user_and_password_of_different_places) {
    set("NATS_USER", "vu");
    environment_overrides flags;
    flags.password = "fp";
    auto opts = options_from_environment(flags);
    EXPECT_EQ(opts.user + "/" + opts.password, "vu/fp");

    unset("NATS_USER");
    add_context("c", R"({"user": "cu", "password": "cp"})");
    opts = options_from_environment(named("c"));
    EXPECT_EQ(opts.user + "/" + opts.password, "cu/cp");
    set("NATS_PASSWORD", "vp");  // rotated: the user stays
    opts = options_from_environment(named("c"));
    EXPECT_EQ(opts.user + "/" + opts.password, "cu/vp");
}

TEST_F(environment, takes_a_user_without_password_for_a_token) {
    environment_overrides flags;
    flags.user = "t0ken";
    auto opts = options_from_environment(flags);
    EXPECT_EQ(opts.token, "t0ken");
    EXPECT_EQ(opts.user, "");
    set("NATS_USER", "vt0ken");
    opts = options_from_environment();
    EXPECT_EQ(opts.token, "vt0ken");
    // The user of a context stays beside it, as with the nats command.
    add_context("c", R"({"user": "cu", "password": "cp"})");
    opts = options_from_environment(named("c"));
    EXPECT_EQ(opts.token, "vt0ken");
    EXPECT_EQ(opts.user + "/" + opts.password, "cu/cp");
}

TEST_F(environment, prefers_proxy_of_flag_to_variable_to_context_and_looks_at_no_other_variable) {
    set("ALL_PROXY", "socks5://all:1");
    EXPECT_EQ(options_from_environment().proxy, "");
    add_context("c", R"({"socks_proxy": "socks5://context:1"})");
    EXPECT_EQ(options_from_environment(named("c")).proxy, "socks5://context:1");
    set("NATS_SOCKS_PROXY", "socks5://variable:1");
    EXPECT_EQ(options_from_environment(named("c")).proxy, "socks5://variable:1");
    auto flags = named("c");
    flags.socks_proxy = "socks5://flag:1";
    EXPECT_EQ(options_from_environment(flags).proxy, "socks5://flag:1");
}

TEST_F(environment, prefers_inbox_prefix_of_flag_to_variable_to_context) {
    EXPECT_EQ(options_from_environment().inbox_prefix, "_INBOX");
    add_context("c", R"({"inbox_prefix": "of.context"})");
    EXPECT_EQ(options_from_environment(named("c")).inbox_prefix, "of.context");
    set("NATS_INBOX_PREFIX", "of.variable");
    EXPECT_EQ(options_from_environment(named("c")).inbox_prefix, "of.variable");
    auto flags = named("c");
    flags.inbox_prefix = "of.flag";
    EXPECT_EQ(options_from_environment(flags).inbox_prefix, "of.flag");
}

// ---- which context

TEST_F(environment, finds_a_context_by_name_path_variable_or_selection) {
    add_context("named", R"({"url": "nats://named:1"})");
    add_context("variable", R"({"url": "nats://variable:1"})");
    add_context("selected", R"({"url": "nats://selected:1"})");
    write("elsewhere/file.json", R"({"url": "nats://file:1"})");
    EXPECT_EQ(options_from_environment().servers, options().servers);
    select("selected\n");
    EXPECT_EQ(options_from_environment().servers.at(0), "nats://selected:1");
    set("NATS_CONTEXT", "variable");
    EXPECT_EQ(options_from_environment().servers.at(0), "nats://variable:1");
    EXPECT_EQ(options_from_environment(named("named")).servers.at(0), "nats://named:1");
    const auto file = (folder() / "elsewhere" / "file.json").string();
    EXPECT_EQ(options_from_environment(named(file)).servers.at(0), "nats://file:1");
    set("NATS_CONTEXT", file);
    EXPECT_EQ(options_from_environment().servers.at(0), "nats://file:1");
}

TEST_F(environment, uses_no_context_when_told_so) {
    add_context("c", R"({"url": "nats://context:1", "user": "cu", "password": "cp", "jetstream_domain": "cd"})");
    select("c");
    set("NATS_CONTEXT", "c");
    environment_overrides flags;
    flags.no_context = true;
    const auto opts = options_from_environment(flags);
    EXPECT_EQ(opts.servers, options().servers);
    EXPECT_EQ(opts.user, "");
    EXPECT_EQ(nats::jetstream_from_environment(flags).domain, "");
}

TEST_F(environment, keeps_contexts_in_the_home_folder_without_xdg) {
    unset("XDG_CONFIG_HOME");
    set("HOME", folder().string());
    write(".config/nats/context/home.json", R"({"url": "nats://home:1"})");
    EXPECT_EQ(options_from_environment(named("home")).servers.at(0), "nats://home:1");
    unset("HOME");
    EXPECT_EQ(options_from_environment().servers, options().servers);
    EXPECT_EQ(refusal(named("home")).code, errc::bad_context);
}

TEST_F(environment, fails_for_a_context_that_does_not_exist) {
    for (const char* name : {"missing", "../c", "a/b", "a\\b", "..", "/no/such/file.json"}) {
        const auto seen = refusal(named(name));
        EXPECT_EQ(seen.code, errc::bad_context) << name;
        EXPECT_TRUE(contains(seen.text, std::string("no context \"") + name + "\"")) << seen.text;
    }
    EXPECT_TRUE(contains(refusal(named("missing")).text, (folder() / "nats/context/missing.json").string()));
    select("gone");
    EXPECT_EQ(refusal().code, errc::bad_context);
    EXPECT_EQ(failure_at_once([] { nats::jetstream_from_environment(); }).code, errc::bad_context);
    select("");
    EXPECT_FALSE(refusal().code);
}

TEST_F(environment, ignores_what_is_empty_or_unknown_in_a_context) {
    add_context("c",
                R"({"name": "c", "description": "x", "url": "", "token": "", "user": "", "password": "", "creds": "",
        "nkey": "", "cert": "", "key": "", "ca": "", "nsc": "", "jetstream_domain": "", "jetstream_api_prefix": "",
        "inbox_prefix": "", "user_jwt": "", "user_seed": "", "color_scheme": "red", "tls_first": false, "socks_proxy": "",
        "windows_cert_store": "", "windows_ca_certs_match": null, "of the future": {"a": [1]}, "more": []})");
    const auto opts = options_from_environment(named("c"));
    EXPECT_EQ(opts.servers, options().servers);
    EXPECT_EQ(opts.inbox_prefix, "_INBOX");
}

// ---- what cannot be used

TEST_F(environment, names_a_field_that_it_cannot_use) {
    for (const char* field : {"nsc"}) {
        add_context("c", "{\"" + std::string(field) + "\": \"s3cret\"}");
        const auto seen = refusal(named("c"));
        EXPECT_EQ(seen.code, errc::not_supported) << field;
        EXPECT_TRUE(contains(seen.text, "\"" + std::string(field) + "\"")) << seen.text;
        EXPECT_TRUE(contains(seen.text, "c.json")) << seen.text;
        EXPECT_FALSE(contains(seen.text, "s3cret")) << seen.text;
    }
}

TEST_F(environment, says_where_a_context_is_not_json_and_shows_nothing_of_it) {
    struct example {
        std::string text;
        std::string expected;
    };
    const example examples[] = {{R"({"token": "s3cret" "user": "u"})", "not JSON at byte 19"},
                                {R"({"token": "s3cret")", "not JSON at byte 18"},
                                {R"({"token": "s3cret"} x)", "not JSON at byte 20"},
                                {"", "not JSON at byte 0"},
                                {R"(["s3cret"])", "not a JSON object"},
                                {R"("s3cret")", "not a JSON object"}};
    for (const auto& each : examples) {
        add_context("c", each.text);
        const auto seen = refusal(named("c"));
        EXPECT_EQ(seen.code, errc::bad_context) << each.text;
        EXPECT_TRUE(contains(seen.text, each.expected)) << seen.text;
        EXPECT_TRUE(contains(seen.text, "c.json")) << seen.text;
        EXPECT_FALSE(contains(seen.text, "s3cret")) << seen.text;
    }
}

TEST_F(environment, names_a_field_of_a_wrong_kind_and_shows_nothing_of_it) {
    const std::map<std::string, std::string> wrong = {
        {R"({"url": 4222})", "\"url\" is a number, not a text"},
        {R"({"token": {"s3cret": 1}})", "\"token\" is an object, not a text"},
        {R"({"creds": ["s3cret"]})", "\"creds\" is a list, not a text"},
        {R"({"user": true})", "\"user\" is true or false, not a text"},
        {R"({"tls_first": "s3cret"})", "\"tls_first\" is a text, not true or false"}};
    for (const auto& [text, expected] : wrong) {
        add_context("c", text);
        const auto seen = refusal(named("c"));
        EXPECT_EQ(seen.code, errc::bad_context) << text;
        EXPECT_TRUE(contains(seen.text, expected)) << seen.text;
        EXPECT_TRUE(contains(seen.text, "c.json")) << seen.text;
        EXPECT_FALSE(contains(seen.text, "s3cret")) << seen.text;
    }
}

// ---- who said it

TEST_F(environment, tells_who_said_the_address) {
    using nats::origin_of_address;
    EXPECT_EQ(origin_of_address(), "") << "nobody: it is the default";
    add_context("c", R"({"url": "nats://context:1"})");
    add_context("silent", R"({"user": "u"})");
    const std::string file = (folder() / "nats/context/c.json").string();
    EXPECT_EQ(origin_of_address(named("c")), "context " + file);
    EXPECT_EQ(origin_of_address(named("silent")), "");
    select("c");
    EXPECT_EQ(origin_of_address(), "context " + file);
    set("NATS_URL", "nats://variable:1");
    EXPECT_EQ(origin_of_address(), "NATS_URL");
    environment_overrides flags;
    flags.server = "nats://flag:1";
    EXPECT_EQ(origin_of_address(flags), "--server");
    EXPECT_EQ(failure_at_once([] { nats::origin_of_address(named("absent")); }).code, errc::bad_context);
}

TEST_F(environment, lists_the_contexts_that_the_nats_command_lists) {
    using nats::detail::context_names;
    EXPECT_TRUE(context_names().empty()) << "no folder yet";
    add_context("b", "{}");
    add_context("a.b", "not even JSON");
    add_context("empty", "");
    write("nats/context/text.txt", "x");
    write("nats/context/folder.json/x", "x");
    EXPECT_EQ(context_names(), (std::vector<std::string>{"a.b", "b"}));
    unset("XDG_CONFIG_HOME");
    EXPECT_TRUE(context_names().empty()) << "no place for them";
}

// ---- the time-out

TEST_F(environment, reads_the_time_out_as_a_go_duration) {
    set("NATS_TIMEOUT", "1m30s");
    EXPECT_EQ(nats::timeout_from_environment(), 90s);
    EXPECT_EQ(options_from_environment().request_timeout, 90s);
    EXPECT_EQ(options_from_environment().connect_timeout, options().connect_timeout) << "as the `nats` command has it";
    environment_overrides flags;
    flags.timeout = 1500us;
    EXPECT_EQ(options_from_environment(flags).request_timeout, 2ms);
    unset("NATS_TIMEOUT");
    EXPECT_EQ(options_from_environment().request_timeout, 5s);
    set("NATS_TIMEOUT", "soon");
    EXPECT_EQ(options_from_environment(flags).request_timeout, 2ms) << "it is not looked at then";
    EXPECT_EQ(refusal().code, errc::bad_context);
    const auto seen = failure_at_once([] { nats::timeout_from_environment(); });
    EXPECT_EQ(seen.code, errc::bad_context);
    EXPECT_TRUE(contains(seen.text, "NATS_TIMEOUT: \"soon\"")) << seen.text;
    set("NATS_TIMEOUT", "0");
    const auto none = failure_at_once([] { nats::timeout_from_environment(); });
    EXPECT_EQ(none.code, errc::bad_context);
    EXPECT_TRUE(contains(none.text, "NATS_TIMEOUT: \"0\"")) << none.text;
    set("NATS_TIMEOUT", "0s");
    EXPECT_EQ(refusal().code, errc::bad_context);
}

// ---- for real

TEST_F(environment, connects_as_the_context_says) {
    if (!require_nats_server()) return;
    nats_server_options server_options = core_only();
    server_options.user = "me";
    server_options.password = "pw";
    const nats_server server(server_options);
    add_context(
        "c", "{\"url\": \"127.0.0.1:" + std::to_string(server.port()) + "\", \"user\": \"me\", \"password\": \"pw\"}");
    select("c");
    run([](options opts) -> asio::awaitable<void> {
        const auto nc = co_await nats::connection::connect(opts);
        co_await nc.flush();
    }(options_from_environment()));
}

}  // namespace
}  // namespace mote::test
