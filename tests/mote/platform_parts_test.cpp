// `mote node` and `mote gateway` as processes of their own, on a server that others may use, too.

#include <tests/mote/command.hpp>
#include <tests/mote/function_live.hpp>

#include <tests/support/loopback.hpp>
#include <tests/support/temp_dir.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;

class mote_parts : public command_live {
protected:
    std::unique_ptr<process> start(std::vector<std::string> arguments, const std::string& said) const {
        auto started = std::make_unique<process>(command_environment::line(std::move(arguments)),
                                                 environment.options({{"NATS_URL", server->url()}}));
        EXPECT_TRUE(started->wait_for_output(said, 60s)) << started->output();
        return started;
    }
    std::unique_ptr<process> start_node() const {
        return start({"node", "--directory", (environment.home() / "node").string()}, "Ctrl-C ends it");
    }
    std::unique_ptr<process> start_gateway(std::vector<std::string> more = {}, std::string listen = "127.0.0.1:0") {
        std::vector<std::string> arguments{"gateway", "--listen", std::move(listen), "--operate-listen", "127.0.0.1:0"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        auto started = start(arguments, "openapi.json");
        url = started->out().substr(0, started->out().find('\n'));
        const auto metrics = started->err().find("Metrics: ");
        if (metrics != std::string::npos)
            operate = started->err().substr(metrics + 9, started->err().find('\n', metrics) - metrics - 9);
        const auto management = started->err().find("Management: ");
        if (management != std::string::npos) {
            system = started->err().substr(management + 12, started->err().find('\n', management) - management - 12);
            system = system.substr(0, system.rfind("/system"));
        }
        return started;
    }
    run_result ask(std::vector<std::string> arguments) const {
        return mote(std::move(arguments), {{"OPENFAAS_URL", url}});
    }
    static void expect_end_with_0(const process& program) {
        program.kill(SIGTERM);
        const auto ended = program.wait(60s);
        ASSERT_TRUE(ended) << program.output();
        EXPECT_EQ(*ended, (exit_status{0, 0})) << program.output();
    }

    /// The status of a GET with that `Authorization`.
    static int status_of(const std::string& address, const std::string& authorization) {
        http::request asked("GET", address);
        asked.headers.emplace_back("Authorization", authorization);
        return fetch(asked).status;
    }
    /// Certificate and key of 127.0.0.1. Empty where there is no openssl.
    std::vector<std::string> tls_options() const {
        if (!require_program("openssl")) return {};
        const auto key = environment.home() / "key.pem";
        const auto certificate = environment.home() / "certificate.pem";
        EXPECT_EQ(run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                       "-keyout", key.string(), "-out", certificate.string(), "-subj", "/CN=127.0.0.1", "-addext",
                       "subjectAltName=IP:127.0.0.1"})
                      .exit_code,
                  0);
        return {"--tls-certificate", certificate.string(), "--tls-key", key.string()};
    }

    std::string url, operate, system;
};

TEST_F(mote_parts, run_functions_together) {
    const auto node = start_node();
    const auto gateway = start_gateway();
    EXPECT_FALSE(node->out().empty()) << "its id";
    EXPECT_TRUE(has(node->err(), node->out().substr(0, node->out().size() - 1)));
    EXPECT_EQ(ask({"deploy", "cat", "--image", "functions/alpine", "--fprocess", "cat"}).exit_code, 0);
    EXPECT_EQ(fetch("POST", url + "/function/cat", "meow").body, "meow");
    const auto metrics = fetch("GET", operate);
    EXPECT_EQ(metrics.status, 200);
    EXPECT_TRUE(has(metrics.body, "gateway_function_invocation_total{function_name=\"cat.openfaas-fn\""));
    EXPECT_EQ(fetch("GET", url + "/metrics").status, 401) << "not for everybody";
    expect_end_with_0(*gateway);
    expect_end_with_0(*node);
}

// Connected to a leaf that keeps nothing: functions, bundles and queued calls are in the hub's domain.
TEST_F(mote_parts, keep_all_in_the_domain_that_is_asked_for) {
    const temp_dir store;
    const auto address = "127.0.0.1:" + std::to_string(free_port());
    nats_server_options hub;
    hub.jetstream = false;  // the configuration has it
    hub.config = "jetstream: { domain: hub, store_dir: \"" + store.path().string() + "\" }\nleafnodes: { listen: \"" +
                 address + "\" }\n";
    const nats_server far(hub);
    nats_server_options leaf;
    leaf.jetstream = false;
    leaf.config = "leafnodes: { remotes: [ { url: \"nats://" + address + "\" } ] }\n";
    server.emplace(leaf);
    const auto joined = [&] { return mote({"--js-domain", "hub", "--timeout", "1s", "kv", "ls"}).exit_code == 0; };
    ASSERT_TRUE(eventually_holds(joined));

    const auto node =
        start({"node", "--directory", (environment.home() / "node").string(), "--js-domain", "hub"}, "Ctrl-C ends it");
    const auto gateway = start_gateway({"--js-domain", "hub"});
    EXPECT_EQ(ask({"deploy", "cat", "--image", "functions/alpine", "--fprocess", "cat"}).exit_code, 0);
    EXPECT_EQ(fetch("POST", url + "/function/cat", "meow").body, "meow");
    http::request asked("POST", url + "/async-function/cat");
    asked.headers.emplace_back("X-Call-Id", "first");
    asked.body = "later";
    const auto queued = fetch(std::move(asked));
    EXPECT_EQ(queued.status, 202) << queued.body;
    const auto done = [&] { return fetch("GET", url + "/async-function/first/result").body == "later"; };
    EXPECT_TRUE(eventually_holds(done));
    EXPECT_TRUE(has(mote({"--server", far.url(), "kv", "ls"}).out, "mote_functions")) << "they are there";
    EXPECT_NE(mote({"kv", "ls"}).exit_code, 0) << "and not at the leaf";
    expect_end_with_0(*gateway);
    expect_end_with_0(*node);
}

TEST_F(mote_parts, a_node_starts_functions_after_its_program_was_replaced) {
    const auto program = environment.home() / "mote";
    const auto newer = environment.home() / "newer";
    std::filesystem::copy_file(MOTE_PROGRAM, program);
    const process node({program.string(), "node", "--directory", (environment.home() / "node").string()},
                       environment.options({{"NATS_URL", server->url()}}));
    ASSERT_TRUE(node.wait_for_output("Ctrl-C ends it", 60s)) << node.output();
    const auto gateway = start_gateway();
    std::filesystem::copy_file(MOTE_PROGRAM, newer);
    std::filesystem::rename(newer, program);  // as a package manager does
    EXPECT_EQ(ask({"deploy", "cat", "--image", "functions/alpine", "--fprocess", "cat"}).exit_code, 0);
    EXPECT_EQ(fetch("POST", url + "/function/cat", "meow").body, "meow") << node.output();
    EXPECT_EQ(ask({"deploy", "echo", "--image", "functions/http-echo"}).exit_code, 0);
    EXPECT_EQ(fetch("POST", url + "/function/echo", "hello").body, "hello") << node.output();
    std::filesystem::remove(program);
    EXPECT_EQ(ask({"deploy", "other", "--image", "functions/alpine", "--fprocess", "cat"}).exit_code, 0);
    EXPECT_EQ(fetch("POST", url + "/function/other", "meow").body, "meow") << node.output();
}

TEST_F(mote_parts, a_node_lets_a_call_end_before_it_does) {
    const auto node = start_node();
    const auto gateway = start_gateway();
    EXPECT_EQ(ask({"deploy", "slow", "--image", "functions/alpine", "--fprocess", "sleep 3"}).exit_code, 0);
    const process calling(command_environment::line({"invoke", "slow", "x", "--gateway", url}), environment.options());
    EXPECT_TRUE(eventually_holds([&] { return !!has(ask({"logs", "slow"}).out, "Forking fprocess."); }));
    EXPECT_TRUE(calling.running());
    expect_end_with_0(*node);
    const auto ended = calling.wait(40s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, 0) << calling.output();
}

TEST_F(mote_parts, a_node_shares_its_directory_with_no_other_and_keeps_its_id) {
    const auto node = start_node();
    const auto id = node->out();
    const auto directory = (environment.home() / "node").string();
    const auto other = mote({"node", "--directory", directory});
    EXPECT_EQ(other.exit_code, 1);
    EXPECT_TRUE(is_one_line(other.err, {directory, "in use", std::to_string(node->pid()), "--directory"}));
    expect_end_with_0(*node);
    EXPECT_EQ(start_node()->out(), id);
    const auto named_directory = environment.home() / "named";
    const auto no_key = mote({"node", "--directory", named_directory.string(), "--id", "left-1"});
    EXPECT_EQ(no_key.exit_code, 1);
    EXPECT_TRUE(is_one_line(no_key.err, {"sealed for another key", (named_directory / "sealing.key").string()}));
    std::filesystem::copy_file(environment.home() / "node" / "sealing.key", named_directory / "sealing.key",
                               std::filesystem::copy_options::overwrite_existing);
    const auto named = start({"node", "--directory", named_directory.string(), "--id", "left-1"}, "Ctrl-C ends it");
    EXPECT_EQ(named->out(), "left-1\n");
    const auto wrong = mote({"node", "--directory", (environment.home() / "x").string(), "--id", "a b"});
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_TRUE(is_one_line(wrong.err, {"--id", "a b"}));
    const auto mislabelled =
        mote({"node", "--directory", (environment.home() / "x").string(), "--label", "node.disk=ssd"});
    EXPECT_EQ(mislabelled.exit_code, 2);
    EXPECT_TRUE(is_one_line(mislabelled.err, {"--label", "node.disk=ssd"}));
}

TEST_F(mote_parts, a_node_needs_jetstream_and_says_so) {
    nats_server_options options;
    options.jetstream = false;
    const nats_server plain(options);
    const auto result =
        mote({"node", "-s", plain.url(), "--directory", (environment.home() / "node").string(), "--timeout", "10s"});
    EXPECT_NE(result.exit_code, 0);
    EXPECT_TRUE(is_one_line(result.err, {"JetStream", "mote up"}));
}

TEST_F(mote_parts, a_gateway_keeps_its_login_and_asks_for_it) {
    const auto directory = environment.home() / "login";
    {
        const auto gateway = start_gateway({"--credentials", directory.string(), "--auth-functions"});
        struct stat about{};
        ASSERT_EQ(::stat((directory / "basic-auth-password").c_str(), &about), 0);
        EXPECT_EQ(about.st_mode & 0777U, 0600U);
        EXPECT_TRUE(has(gateway->err(), (directory / "basic-auth-password").string()));
        EXPECT_EQ(fetch("GET", url + "/function/cat").status, 401);
        EXPECT_EQ(fetch("GET", url + "/services").status, 401);
        EXPECT_EQ(fetch("GET", url + "/healthz").status, 200);
        EXPECT_EQ(ask({"functions", "--credentials", directory.string()}).exit_code, 0);
        const auto refused = ask({"invoke", "cat", "x", "--credentials", directory.string()});
        EXPECT_EQ(refused.exit_code, 4);
        EXPECT_TRUE(is_one_line(refused.err, {"no login was sent", "--auth"}));
        EXPECT_EQ(ask({"invoke", "cat", "x", "--auth", "--credentials", directory.string()}).exit_code, 5);
    }
    const auto password = file_text(directory / "basic-auth-password");
    const auto gateway = start_gateway({"--credentials", directory.string()});
    EXPECT_EQ(file_text(directory / "basic-auth-password"), password);
    EXPECT_EQ(ask({"functions", "--credentials", directory.string()}).exit_code, 0);
}

TEST_F(mote_parts, a_gateway_lets_a_token_in_whose_name_is_in_both_logs) {
    const auto directory = environment.home() / "login";
    const auto access = environment.home() / "access.log";
    const auto audit = environment.home() / "audit.log";
    std::filesystem::create_directory(directory);
    std::ofstream(directory / "bearer-tokens") << "ci:a-token-of-ours-0123\n";
    std::filesystem::permissions(directory / "bearer-tokens", std::filesystem::perms::owner_read);
    const auto gateway = start_gateway(
        {"--credentials", directory.string(), "--access-log", access.string(), "--audit-log", audit.string()});
    EXPECT_EQ(status_of(url + "/system/functions", "Bearer another-token-0123"), 401);
    EXPECT_EQ(status_of(url + "/system/functions", "Bearer a-token-of-ours-0123"), 200);
    http::request removal("DELETE", url + "/system/functions");
    removal.headers.emplace_back("Authorization", "Bearer a-token-of-ours-0123");
    removal.body = R"({"functionName":"nobody"})";
    EXPECT_EQ(fetch(removal).status, 404);
    const std::string let_in = R"("path":"/system/functions","status":200,)";
    EXPECT_TRUE(eventually_holds([&] { return !!has(file_text(access), let_in); })) << file_text(access);
    const auto at = file_text(access).find(let_in);
    const auto line = file_text(access).substr(at, file_text(access).find('\n', at) - at);
    EXPECT_TRUE(line.ends_with(R"("user":"ci"})")) << line;
    const std::string change = R"("object":"nobody.openfaas-fn","who":"ci","how":"bearer")";
    EXPECT_TRUE(eventually_holds([&] { return !!has(file_text(audit), change); })) << file_text(audit);
    EXPECT_TRUE(eventually_holds([&] { return !!has(file_text(access), R"("status":404,)"); })) << "the last one";
    EXPECT_FALSE(file_text(access).find("a-token") != std::string::npos) << file_text(access);
}

TEST_F(mote_parts, a_gateway_answers_its_management_at_another_address_alone) {
    const auto gateway = start_gateway({"--no-auth", "--system-listen", "127.0.0.1:0"}, "0.0.0.0:0");
    ASSERT_TRUE(system.starts_with("http://127.0.0.1:")) << gateway->err();
    const auto open = "http://127.0.0.1" + url.substr(url.rfind(':'));
    ASSERT_NE(open, system);
    const auto node = start_node();
    const auto body = R"({"service":"cat","image":"functions/alpine","envProcess":"cat"})";
    EXPECT_EQ(fetch("POST", open + "/system/functions", body).status, 404);
    EXPECT_EQ(fetch("POST", system + "/system/functions", body).status, 202) << "--no-auth: only from this machine";
    for (const auto* const path : {"/system/functions", "/system/info", "/system", "/ui/", "/metrics",
                                   "/%73ystem/functions", "/function/..%2fsystem/functions"}) {
        const auto hidden = fetch("GET", open + path);
        EXPECT_EQ(hidden.status, 404) << path;
        EXPECT_EQ(hidden.body, "404 Not Found: nothing is here\n") << path;
    }
    EXPECT_EQ(fetch("GET", system + "/system/info").status, 200);
    for (const auto& each : {open, system}) {
        EXPECT_EQ(fetch("POST", each + "/function/cat", "meow").body, "meow") << each;
        EXPECT_EQ(fetch("GET", each + "/healthz").status, 200) << each;
        EXPECT_EQ(fetch("GET", each + "/services").status, 200) << each;
    }
    const std::string counted = "gateway_function_invocation_total{function_name=\"cat.openfaas-fn\",code=\"200\"} 2\n";
    EXPECT_TRUE(eventually_holds([&] { return !!has(fetch("GET", operate).body, counted); }));
    expect_end_with_0(*gateway);
    const auto open_to_all = mote({"gateway", "--no-auth", "--operate-listen", "none", "--listen", "127.0.0.1:0",
                                   "--system-listen", "0.0.0.0:0"});
    EXPECT_EQ(open_to_all.exit_code, 2);
    EXPECT_TRUE(is_one_line(open_to_all.err, {"--no-auth", "0.0.0.0"}));
}

TEST_F(mote_parts, a_gateway_speaks_https_at_both_of_its_addresses_and_asks_for_its_login) {
    auto arguments = tls_options();
    if (arguments.empty()) return;
    const auto certificate = arguments[1];
    const auto directory = environment.home() / "login";
    for (const auto* const more : {"--system-listen", "127.0.0.1:0", "--credentials"}) arguments.emplace_back(more);
    arguments.push_back(directory.string());
    const auto gateway = start_gateway(arguments);
    ASSERT_TRUE(system.starts_with("https://127.0.0.1:")) << gateway->err();
    EXPECT_TRUE(url.starts_with("https://127.0.0.1:")) << url;
    EXPECT_TRUE(has(gateway->err(), "The password for " + system + "/system is in "));
    const std::vector<std::string> line{"functions", "--credentials", directory.string()};
    const auto listed = mote(line, {{"SSL_CERT_FILE", certificate}, {"OPENFAAS_URL", system}});
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    const auto hidden = mote(line, {{"SSL_CERT_FILE", certificate}, {"OPENFAAS_URL", url}});
    EXPECT_EQ(hidden.exit_code, 5) << hidden.err;
    const auto foreign = mote({"functions"}, {{"SSL_CERT_FILE", certificate}, {"OPENFAAS_URL", system}});
    EXPECT_EQ(foreign.exit_code, 4) << foreign.err;
}

TEST_F(mote_parts, a_gateway_without_login_is_for_this_machine_only) {
    const auto gateway = start_gateway({"--no-auth"});
    EXPECT_EQ(fetch("GET", url + "/system/functions").status, 200);
    EXPECT_EQ(status_of(url + "/system/functions", "Bearer "), 200) << "as faas-cli asks whether a login is needed";
    EXPECT_EQ(status_of(url + "/system/functions", "Basic YWRtaW46eA=="), 200) << "nobody asks for one";
    for (const std::string address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0"}) {
        const auto refused = mote({"gateway", "--no-auth", "--operate-listen", "none", "--listen", address});
        EXPECT_EQ(refused.exit_code, 2) << address;
        EXPECT_TRUE(is_one_line(refused.err, {"--no-auth", address.substr(0, 4).substr(address[0] == '[' ? 1 : 0, 2)}));
    }
}

TEST_F(mote_parts, a_gateway_writes_what_is_asked_and_changed_to_its_logs) {
    const auto access = environment.home() / "access.log";
    const auto audit = environment.home() / "audit.log";
    const auto gateway = start_gateway({"--access-log", access.string(), "--audit-log", audit.string()});
    EXPECT_EQ(fetch("GET", url + "/services").status, 200);
    EXPECT_EQ(ask({"secret", "create", "key"}).exit_code, 2) << "nothing is piped in";
    EXPECT_EQ(ask({"remove", "nobody"}).exit_code, 5);
    EXPECT_TRUE(eventually_holds([&] { return !!has(file_text(access), R"("path":"/services")"); }));
    EXPECT_TRUE(eventually_holds([&] { return !!has(file_text(audit), R"("object":"nobody.openfaas-fn")"); }))
        << file_text(audit);
    const auto wrong =
        mote({"gateway", "--listen", "127.0.0.1:0", "--operate-listen", "none", "--access-log", "/nonexistent/file"});
    EXPECT_EQ(wrong.exit_code, 1);
    EXPECT_TRUE(is_one_line(wrong.err, {"/nonexistent/file", "No such file"}));
}

TEST_F(mote_parts, a_gateway_lets_pages_of_named_origins_ask) {
    const auto gateway =
        start_gateway({"--cors-origin", "https://one.example", "--cors-origin", "https://two.example"});
    http::request asked("GET", url + "/services");
    asked.headers.emplace_back("Origin", "https://two.example");
    EXPECT_EQ(fetch(asked).header("Access-Control-Allow-Origin"), "https://two.example");
    const auto wrong =
        mote({"gateway", "--listen", "127.0.0.1:0", "--operate-listen", "none", "--cors-origin", "nonsense"});
    EXPECT_EQ(wrong.exit_code, 1);
    EXPECT_TRUE(is_one_line(wrong.err, {"nonsense"}));
}

TEST_F(mote_parts, a_gateway_speaks_https) {
    const auto arguments = tls_options();
    if (arguments.empty()) return;
    const auto& certificate = arguments[1];
    const auto& key = arguments[3];
    const auto gateway = start_gateway(arguments);
    EXPECT_TRUE(url.starts_with("https://127.0.0.1:")) << url;
    const std::map<std::string, std::string> trusting{{"SSL_CERT_FILE", certificate}, {"OPENFAAS_URL", url}};
    const auto listed = mote({"functions"}, trusting);
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    const auto refused = mote({"functions"}, {{"OPENFAAS_URL", url}});
    EXPECT_EQ(refused.exit_code, 3) << refused.err;
    const auto wrong = mote({"gateway", "--listen", "127.0.0.1:0", "--operate-listen", "none", "--tls-certificate",
                             "/nonexistent/file", "--tls-key", key});
    EXPECT_EQ(wrong.exit_code, 1);
    EXPECT_TRUE(is_one_line(wrong.err, {"/nonexistent/file"}));
}

}  // namespace
}  // namespace mote::test
