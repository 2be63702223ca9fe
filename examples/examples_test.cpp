// The examples from 10 on, and the first one, do what their comments say, against a real server.

#include <examples/examples_test.hpp>
#include <mote/nats/error.hpp>
#include <tests/nats/certificates.hpp>
#include <tests/nats/jwt.hpp>

#include <fstream>

namespace mote::test {
namespace {

TEST_F(examples, echo_answers_what_it_is_asked_and_ends_on_sigterm) {
    const auto echo = start_service("01_echo", "Echo");
    EXPECT_TRUE(reply_to("echo", "hello").ends_with("\r\nhello\r\n"));
    expect_clean_end(*echo);
}

TEST_F(examples, core_asks_and_subscribes) {
    const auto echo = start_service("01_echo", "Echo");
    const auto result = run_example("10_core");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    for (const std::string line : {"echo says hello\n", "at once: nobody.is.here: no responders", "prices.tea is 3\n",
                                   "prices.coffee is 4\n", "messages, 0 bytes unsent\n"})
        EXPECT_NE(result.out.find(line), std::string::npos) << line << result.out;
}

TEST_F(examples, core_fails_where_there_is_no_echo) {
    const auto result = run_example("10_core");
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_NE(result.err.find("echo"), std::string::npos) << result.err;
}

TEST_F(examples, threads_share_a_connection_without_coroutines) {
    expect_output(run_example("18_threads"),
                  {"twice 21 is 42", "orders.tea: 3", "4 threads were answered", "streams: 0", "from another loop"});
}

/// At two servers, of which either is the first.
TEST_F(examples, connecting_is_over_tls_with_credentials_and_goes_on_at_the_next_server) {
    certificate_authority authority;
    const jwt_issuer issuer;
    nats_server_options secured;
    secured.jetstream = false;
    const auto own = authority.give("DNS:localhost");
    secured.config = "tls { cert_file: \"" + own.certificate + "\", key_file: \"" + own.key + "\", timeout: 20 }\n" +
                     issuer.server_config();
    const nats_server first(secured);
    const nats_server second(secured);
    const auto key = nats::nkey_pair::generate(nats::nkey_kind::user);
    const auto creds = authority.path("user.creds");
    std::ofstream(creds) << credentials_text(issuer.user(key), key.seed());
    const auto name = [](const nats_server& server) { return "localhost:" + std::to_string(server.port()); };
    const auto servers = "tls://" + name(first) + ",tls://" + name(second);
    const auto result = run_example("19_connecting", {servers, authority.file(), creds});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto moves = [&](const nats_server& from, const nats_server& to) {
        return "at " + name(from) + ", over TLS\nlost: " + make_error_code(nats::errc::moved).message() + "\nnow at " +
               name(to) + "\n";
    };
    EXPECT_TRUE(result.out == moves(first, second) || result.out == moves(second, first)) << result.out;

    const certificate_authority stranger;
    const auto refused = run_example("19_connecting", {servers, stranger.file(), creds});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE(refused.err.find("certificate"), std::string::npos) << refused.err;
}

TEST_F(examples, key_value_puts_compares_and_watches) {
    expect_output(run_example("11_key_value"), {"shape is not set", "green lost: wrong revision", "colour was red",
                                                "colour was blue", "colour is blue", "that is all there is",
                                                "there is https://example.org/?q=1", "nearby colour is green"});
}

TEST_F(examples, jetstream_stores_once_takes_and_copies) {
    expect_output(run_example("17_jetstream"),
                  {"ORDERS has it once", "wrong last sequence: 1", "10000 stored, 0 not answered", "ship tea",
                   "the copy begins with tea"});
}

TEST_F(examples, events_are_counted_and_a_wrong_one_is_an_error) {
    const auto orders = start_service("13_events", "Orders");
    client->publish("orders.new", "tea");
    EXPECT_NE(reply_to("orders.new", "").find("the order is empty"), std::string::npos);
    EXPECT_TRUE(reply_to("orders.count").ends_with("\r\n1\r\n"));
    expect_clean_end(*orders);
}

TEST_F(examples, objects_are_put_in_pieces_and_read_back) {
    const auto result = run_example("12_objects");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_NE(result.out.find("lines.txt: 71 bytes, SHA-256="), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("read 71 bytes back"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("there is empty.txt"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("newest.txt is read as lines.txt: 71 bytes"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("copy.txt has 71 bytes"), std::string::npos) << result.out;
}

TEST_F(examples, own_connection_serves_by_itself_and_with_the_help_of_another) {
    const auto greeter = start_service("14_own_connection", "Greeter");
    EXPECT_TRUE(reply_to("greet.hello", "Ada").ends_with("\r\nHello, Ada\r\n"));
    EXPECT_NE(reply_to("greet.hello").find("Nats-Service-Error: whom shall I greet?"), std::string::npos);
    EXPECT_NE(reply_to("greet.shout", "Ada").find("Nats-Service-Error-Code: 500"), std::string::npos) << "without echo";
    EXPECT_TRUE(greeter->wait_for_output("greet.shout: ")) << greeter->output();

    const auto echo = start_service("01_echo", "Echo");
    EXPECT_TRUE(reply_to("greet.shout", "Ada").ends_with("\r\nHELLO, Ada!\r\n"));
    client->publish("greet.reset", "");
    EXPECT_TRUE(greeter->wait_for_output("reset")) << greeter->output();
    EXPECT_NE(reply_to("$SRV.STATS.Greeter").find(R"("of")"), std::string::npos);
    expect_clean_end(*greeter);
}

TEST_F(examples, discovery_finds_services_and_their_numbers) {
    expect_output(run_example("15_discovery"), {});
    const auto echo = start_service("01_echo", "Echo");
    reply_to("echo", "hello");
    const auto result = run_example("15_discovery");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(result.out.starts_with("Echo 1.0.0 ")) << result.out;
    EXPECT_NE(result.out.find("\n  echo: 1 requests, 0 errors\n"), std::string::npos) << result.out;
}

TEST_F(examples, function_serves_the_subject_that_its_node_names) {
    auto options = environment();
    options.env["OPENFAAS_NAME"] = "greet";
    options.env["MOTE_FUNCTION_SUBJECT"] = "fn.shop.greet";
    options.env["MOTE_FUNCTION_QUEUE"] = "fn";
    options.env["MOTE_FUNCTION_INSTANCE"] = "n1-shop-greet-1";
    const auto greet = start_service("16_function", "greet", options);
    EXPECT_TRUE(reply_to("fn.shop.greet", "Ada").ends_with("\r\nHello, Ada!\n\r\n"));
    EXPECT_NE(reply_to("fn.shop.greet").find("Nats-Service-Error: whom shall I greet?"), std::string::npos);
    const auto info = reply_to("$SRV.INFO.greet");
    EXPECT_NE(info.find(R"("function.instance":"n1-shop-greet-1")"), std::string::npos) << info;
    EXPECT_NE(info.find(R"("queue_group":"fn")"), std::string::npos) << info;
    EXPECT_TRUE(greet->wait_for_output("somebody is greeted")) << greet->output();
    expect_clean_end(*greet);
}

TEST_F(examples, say_so_and_exit_3_or_1_without_a_server) {
    server->stop();
    const auto service = run_example("01_echo");
    EXPECT_EQ(service.exit_code, 3);
    EXPECT_NE(service.err.find(std::to_string(server->port())), std::string::npos) << service.err;
    EXPECT_EQ(run_example("11_key_value").exit_code, 1);
}

}  // namespace
}  // namespace mote::test
