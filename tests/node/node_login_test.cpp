// Logins of NATS that a node makes for processes that speak it themselves, at servers that ask for them.

#include <tests/nats/jwt.hpp>
#include <tests/node/machine.hpp>

#include <mote/functions/error.hpp>
#include <mote/nats/authenticator.hpp>
#include <mote/node/detail/login_issuer.hpp>
#include <mote/process/sandbox.hpp>

#include <array>

namespace mote::test {
namespace {

namespace fs = std::filesystem;
using nats::nkey_kind;
using nats::nkey_pair;
using node::detail::function_login;
using node::detail::login_issuer;

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<const char*, 9> not_to_be_heard{
    "fn.>",   "fn.openfaas-fn.other", "fn.*.own",           "_INBOX.>",
    "$SRV.>", "$SRV.INFO.other",      "$KV.mote_secrets.>", "mote.log.>",
    "mote.>"};
constexpr std::array<const char*, 6> not_to_be_asked{"fn.openfaas-fn.other", "$JS.API.STREAM.NAMES",
                                                     "$KV.mote_functions.x", "mote.async.openfaas-fn.other",
                                                     "mote.cancel.x",        "fn.openfaas-fn.own"};

class live_login : public ::testing::Test {
protected:
    void SetUp() override { require_nats_server(); }

    nats_server_options with_accounts() const {
        nats_server_options options;
        options.config = issuer.server_config(-1, true);
        return options;
    }
    fs::path write(const std::string& name, const std::string& text) const {
        const auto path = folder.path() / name;
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    nats::options with_login(const nats_server& server, const function_login& login) const {
        auto opts = options_for(server);
        opts.auth = nats::credentials_file_authenticator(write("made.creds", login.credentials).string());
        opts.inbox_prefix = login.inbox_prefix;
        return opts;
    }
    /// As gateways and nodes log in, which may do everything.
    nats::options with_all(const nats_server& server) const {
        const auto key = nkey_pair::generate(nkey_kind::user);
        auto opts = options_for(server);
        opts.auth = nats::credentials_file_authenticator(
            write("all.creds", credentials_text(issuer.user(key), key.seed())).string());
        return opts;
    }

    temp_dir folder;
    jwt_issuer issuer;
};

std::string refusal(const fs::path& seed, const std::string& account) {
    try {
        const login_issuer made(seed, account);
    } catch (const boost::system::system_error& failed) {
        EXPECT_EQ(failed.code(), functions::errc::bad_setting) << failed.what();
        return failed.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

TEST_F(live_login, needs_the_seed_of_an_account) {
    EXPECT_TRUE(contains(refusal(folder.path() / "absent", ""), "absent: cannot be read"));
    const auto user = nkey_pair::generate(nkey_kind::user);
    EXPECT_TRUE(contains(refusal(write("user", user.seed()), ""), "user: not the seed of an account"));
    const auto half = issuer.account().seed().substr(0, 30);
    const auto text = refusal(write("half", half), "");
    EXPECT_TRUE(contains(text, "half: not the seed of an NKey")) << text;
    EXPECT_FALSE(contains(text, half)) << text;
    const auto good = write("good", "# the account\n\n" + issuer.account().seed() + "\n");
    EXPECT_TRUE(contains(refusal(good, user.public_key()), "not the public key of an account"));
    EXPECT_NO_THROW(login_issuer(good, ""));
}

asio::awaitable<void> may_serve_and_nothing_else(nats::options as, nats::options as_all) {
    const auto nc = co_await nats::connection::connect(as);
    const auto other = co_await nats::connection::connect(as_all);
    nats::subscribe_options group;
    group.queue_group = "fn";
    const auto served = nc.subscribe(
        "fn.openfaas-fn.own", [nc](const nats::message_view& asked) { nc.respond(asked, asked.payload); }, group);
    auto found = nc.subscribe("$SRV.INFO.own.some-id");
    auto cancels = nc.subscribe("mote.cancel.*");
    co_await nc.flush();
    const auto reply = co_await other.request("fn.openfaas-fn.own", "hello");
    EXPECT_EQ(reply.payload(), "hello");
    other.publish("$SRV.INFO.own.some-id", "x");
    const auto seen = co_await found.next(20s);
    EXPECT_TRUE(seen.has_value());
    other.publish("mote.cancel.of-a-call", "");
    const auto heard = co_await cancels.next(20s);
    EXPECT_TRUE(heard.has_value());

    for (const std::string subject : not_to_be_heard) {
        auto listening = nc.subscribe(subject);
        auto waiting = listening.next(20s);
        const auto refused = co_await failure_of(std::move(waiting));
        EXPECT_EQ(refused.code, nats::errc::permission_denied) << subject;
    }
    for (const std::string subject : not_to_be_asked) {
        auto asking = nc.request(subject, "x");
        const auto refused = co_await failure_of(std::move(asking));
        EXPECT_EQ(refused.code, nats::errc::permission_denied) << subject;
    }
}

TEST_F(live_login, may_serve_its_function_and_nothing_else) {
    const nats_server server(with_accounts());
    const login_issuer made(write("seed", issuer.account().seed()), "");
    const auto login = made.make(functions::function_name::parse("own"));
    run(may_serve_and_nothing_else(with_login(server, login), with_all(server)));
}

TEST_F(live_login, is_one_of_the_account_whose_signing_key_made_it) {
    const auto signer = nkey_pair::generate(nkey_kind::account);
    nats_server_options options;
    options.config = issuer.server_config(-1, true, signer.public_key());
    const nats_server server(options);
    const auto seed = write("seed", signer.seed());
    const auto name = functions::function_name::parse("own");
    const auto good = login_issuer(seed, issuer.account().public_key()).make(name);
    run(may_serve_and_nothing_else(with_login(server, good), with_all(server)));
    const auto of_nobody = login_issuer(seed, "").make(name);
    auto connecting = nats::connection::connect(with_login(server, of_nobody));
    const auto expect_refusal = [](asio::awaitable<nats::connection> work) -> asio::awaitable<void> {
        const auto seen = co_await failure_of(std::move(work));
        EXPECT_EQ(seen.code, nats::errc::auth_failed) << seen.text;
    };
    run(expect_refusal(std::move(connecting)));
}

functions::description micro_function(const functions::stored_bundle& bundle, functions::text_map variables) {
    variables.emplace("mode", "micro");
    auto what = function("own", "test/micro", "./program micro", std::move(variables));
    what.digest = bundle.digest.text();
    return what;
}

bool by_program(const called& got) { return contains(got.body, "pid="); }

asio::awaitable<void> a_process_logs_in(nats::options as, fs::path seed, fs::path program) {
    const auto nc = co_await nats::connection::connect(as);
    const jetstream::context js(nc);
    const node_edit with_seed = [seed](node::node_options& opts) { opts.login_seed = seed; };
    const auto here = co_await machine::start(js, with_seed);
    const auto image = functions::image_name::parse("test/micro");
    const auto bundle = co_await here->bundles.push(image, program);
    const auto what = micro_function(bundle, functions::text_map());
    co_await here->store.create(what);
    const auto got = co_await call_until(nc, subject_of("own"), by_program, "hello");
    EXPECT_TRUE(contains(got.body, "creds=/var/openfaas/nats.creds\n")) << got.body;
    const auto state =
        co_await here->state_until("own", [](const functions::function_state& now) { return now.ready == 1; });
    EXPECT_EQ(state.trouble, "");

    functions::text_map counts;
    counts.emplace("micro_counts", "yes");  // a stream, whose reader says when to go on
    const auto next = micro_function(bundle, counts);
    co_await here->update(next);
    const auto streamed =
        co_await call_until(nc, subject_of("own"), [](const called& seen) { return contains(seen.body, "199200"); });
    EXPECT_TRUE(streamed.body.starts_with("123")) << streamed.body;

    functions::text_map own;
    own.emplace("NATS_CREDS", "/nowhere");  // whoever deploys it has one
    const auto last = micro_function(bundle, own);
    co_await here->update(last);
    const auto failed =
        co_await here->state_until("own", [](const functions::function_state& now) { return !now.trouble.empty(); });
    EXPECT_TRUE(contains(failed.trouble, "exited")) << failed.trouble;
    co_await here->node.stop(5s);
}

TEST_F(live_login, is_what_a_process_of_mode_micro_gets) {
    if (!mote::process::sandbox_available().works) GTEST_SKIP() << mote::process::sandbox_available().text;
    const nats_server server(with_accounts());
    const auto bundle = folder.path() / "bundle";
    fs::create_directory(bundle);
    const auto strip = std::string("strip -o ") + (bundle / "program").string() + " " + MOTE_TEST_NODE_PROGRAM;
    ASSERT_EQ(std::system(strip.c_str()), 0);  // it is large
    run(a_process_logs_in(with_all(server), write("seed", issuer.account().seed()), bundle));
}

}  // namespace
}  // namespace mote::test
