#include <tests/support/nats_server.hpp>

#include <tests/support/loopback.hpp>
#include <tests/support/raw_client.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <future>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using strings = std::vector<std::string>;

bool exists(pid_t pid) { return ::kill(pid, 0) == 0; }

class live_nats_server : public ::testing::Test {
protected:
    void SetUp() override { require_nats_server(); }
};

TEST_F(live_nats_server, answers_a_raw_client) {
    const nats_server server;
    raw_client client(server.port());
    EXPECT_NE(client.info().find("\"jetstream\":true"), std::string::npos) << client.info();
    const std::string sid = client.subscribe("greet.*", "workers");
    client.publish("greet.you", "hello", "NATS/1.0\r\nA: b\r\n\r\n", "back");
    EXPECT_EQ(client.read_frame(), "HMSG greet.you " + sid + " back 18 23\r\nNATS/1.0\r\nA: b\r\n\r\nhello\r\n");
    EXPECT_EQ(client.try_read_frame(20ms), std::nullopt);
}

TEST_F(live_nats_server, gives_a_raw_client_the_replies_it_wants) {
    const nats_server server;
    raw_client responder(server.port());
    responder.subscribe("work");
    responder.flush();
    auto replies = std::async(std::launch::async, [&] {
        const std::string request = responder.read_frame();
        const std::string reply(parse_raw_frame(request).reply);
        responder.publish(reply, "one");
        responder.publish(reply, std::string(100'000, 'y'));
    });
    raw_client client(server.port());
    const strings frames = client.request("work", {}, "do it", 2);
    replies.get();
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_EQ(parse_raw_frame(frames[0]).payload, "one");
    EXPECT_EQ(parse_raw_frame(frames[1]).payload.size(), 100'000u);

    const strings nobody = client.request("nobody.there", {}, "");
    ASSERT_EQ(nobody.size(), 1u);
    // Newer servers name the subject.
    EXPECT_TRUE(parse_raw_frame(nobody[0]).headers.starts_with("NATS/1.0 503\r\n")) << nobody[0];
}

TEST_F(live_nats_server, keeps_frames_that_come_while_another_is_waited_for) {
    const nats_server server;
    raw_client client(server.port());
    client.subscribe("news");
    client.publish("news", "first");
    client.flush();
    EXPECT_EQ(client.request("nobody", {}, "").size(), 1u);
    EXPECT_EQ(parse_raw_frame(client.read_frame()).payload, "first");
}

TEST_F(live_nats_server, wants_its_login) {
    nats_server_options options;
    options.user = "ada";
    options.password = "say \"please\"";
    const nats_server server(options);
    EXPECT_EQ(server.url_with_login(), "nats://ada:say \"please\"@127.0.0.1:" + std::to_string(server.port()));
    EXPECT_THROW(raw_client(server.port()), std::runtime_error);
    raw_client_options login;
    login.user = options.user;
    login.password = options.password;
    EXPECT_NO_THROW(raw_client(server.port(), login));

    nats_server_options with_token;
    with_token.token = "s3cret";
    const nats_server other(with_token);
    raw_client_options token;
    token.token = "s3cret";
    EXPECT_NO_THROW(raw_client(other.port(), token));
}

TEST_F(live_nats_server, takes_options_and_more_configuration) {
    nats_server_options options;
    options.jetstream = false;
    options.name = "a-name";
    options.max_payload = 1000;
    options.config = "max_control_line: 512";
    const nats_server server(options);
    raw_client client(server.port());
    EXPECT_NE(client.info().find("\"server_name\":\"a-name\""), std::string::npos) << client.info();
    EXPECT_EQ(client.info().find("\"jetstream\""), std::string::npos) << client.info();
    client.publish("big", std::string(1001, 'x'));
    EXPECT_EQ(client.read_frame(), "-ERR 'Maximum Payload Violation'\r\n");
    EXPECT_TRUE(client.wait_for_close());

    options.config = "nonsense: {";
    EXPECT_THROW(nats_server{options}, std::runtime_error);
}

TEST_F(live_nats_server, keeps_its_port_and_store_over_restarts) {
    nats_server server;
    const std::uint16_t port = server.port();
    const strings created =
        raw_client(port).request("$JS.API.STREAM.CREATE.kept", {}, R"({"name":"kept","subjects":["kept"]})");
    ASSERT_EQ(created.size(), 1u);
    raw_client client(port);
    server.kill();
    EXPECT_FALSE(server.running());
    EXPECT_TRUE(client.wait_for_close());
    EXPECT_FALSE(accepts_connections(port));
    server.restart();
    EXPECT_EQ(server.port(), port);
    const strings found = raw_client(port).request("$JS.API.STREAM.INFO.kept", {}, "");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].find("\"error\""), std::string::npos) << found[0];
    server.stop();
    EXPECT_NE(server.log().find("Server Exiting"), std::string::npos) << server.log();
}

TEST_F(live_nats_server, refuses_a_port_that_is_taken) {
    const unique_fd taken = listen_loopback(0);
    nats_server_options options;
    options.port = local_port(taken.get());
    EXPECT_THROW(nats_server{options}, std::runtime_error);
}

TEST_F(live_nats_server, announces_lame_duck) {
    nats_server_options options;
    options.config = "lame_duck_grace_period: 10ms\nlame_duck_duration: 30s";
    nats_server server(options);
    raw_client_options wire;
    wire.every_frame = true;
    raw_client client(server.port(), wire);
    server.lame_duck();
    std::string frame = client.read_frame();
    // Newer servers send another INFO, without it, behind the first PONG.
    while (frame.find("\"ldm\"") == std::string::npos) frame = client.read_frame();
    EXPECT_NE(frame.find("\"ldm\":true"), std::string::npos) << frame;
    EXPECT_TRUE(client.wait_for_close());
    EXPECT_TRUE(server.wait_for_end());
}

TEST_F(live_nats_server, leaves_nothing_behind) {
    pid_t pid = 0;
    std::filesystem::path store;
    {
        const nats_server server;
        pid = server.pid();
        store = server.store_dir();
        EXPECT_TRUE(std::filesystem::exists(store));
    }
    EXPECT_FALSE(exists(pid));
    EXPECT_FALSE(std::filesystem::exists(store.parent_path()));
}

}  // namespace
}  // namespace mote::test
