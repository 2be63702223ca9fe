#include <tests/nats/live_websocket.hpp>
#include <tests/nats/websocket_script.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using nats::connection;
using nats::errc;

/// Servers that do what real ones cannot be made to do.
class scripted_websocket : public live_websocket {
protected:
    static nats::options to(const scripted_server& server) {
        return patient("ws://127.0.0.1:" + std::to_string(server.port()));
    }
    /// Expects that a server that answers the request so is refused.
    static void expect_no_upgrade(const std::function<std::string(ws_script&)>& answer,
                                  std::vector<std::string> parts) {
        const scripted_server server([&](scripted_link& link, int) {
            ws_script script(link);
            script.take_request();
            link.send(answer(script));
        });
        parts.push_back("127.0.0.1:" + std::to_string(server.port()));
        expect_refusal(to(server), errc::connect_failed, parts);
    }
    static void expect_no_upgrade(const std::string& answer, const std::string& part) {
        expect_no_upgrade([&](ws_script&) { return answer; }, {part});
    }
};

// ---- the upgrade

TEST_F(scripted_websocket, that_declines_is_named_with_its_status) {
    expect_no_upgrade("HTTP/1.1 404 Nowhere\r\nContent-Length: 6\r\n\r\ns3cr3t", "with HTTP 404 Not Found");
    expect_no_upgrade("HTTP/1.1 400 Bad Request\r\n\r\nup to the end", "with HTTP 400 Bad Request");
    expect_no_upgrade("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "with HTTP 200 OK");
    expect_no_upgrade("HTTP/1.1 302 Found\r\nLocation: http://h/\r\nContent-Length: 0\r\n\r\n", "with HTTP 302 Found");
    expect_no_upgrade("HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", "with HTTP 599");
}

TEST_F(scripted_websocket, has_to_accept_in_the_way_of_the_protocol) {
    expect_no_upgrade("HTTP/1.1 101 Switching Protocols\r\n\r\n", "no upgrade to WebSocket");
    expect_no_upgrade(
        [](ws_script& script) {
            auto answer = script.acceptance();
            auto& letter = answer[answer.find("Accept: ") + 8];
            letter = letter == 'A' ? 'B' : 'A';
            return answer;
        },
        {"no upgrade to WebSocket"});
}

TEST_F(scripted_websocket, that_is_none_is_an_error) {
    expect_no_upgrade("INFO {\"server_id\":\"S\"}\r\n", "the server does not answer with HTTP");
    expect_no_upgrade("", "the server closed the connection in the WebSocket's upgrade");
    expect_no_upgrade("HTTP/1.1 101 Swi", "the server closed the connection in the WebSocket's upgrade");
    expect_no_upgrade("HTTP/1.1 101 X\r\nX: " + std::string(100'000, 'x'), "the server does not answer with HTTP");
}

TEST_F(scripted_websocket, that_is_not_there_is_no_other_error_than_for_all_servers) {
    const auto nobody = "127.0.0.1:" + std::to_string(port);
    for (const std::string scheme : {"ws://", "wss://"})
        expect_refusal(patient(scheme + nobody), errc::connect_failed, {nobody + ": Connection refused"});
}

TEST_F(scripted_websocket, that_says_nothing_is_given_up_in_time) {
    const scripted_server server([](scripted_link& link, int) { link.read_all(); });
    auto opts = to(server);
    opts.connect_timeout = 100ms;
    expect_refusal(opts, errc::connect_failed, {"no answer within the connect time-out"});
}

TEST_F(scripted_websocket, may_have_a_long_answer_with_frames_right_behind_it) {
    for (const std::size_t size : {10, 1000, 1536, 2000, 6000}) {
        const scripted_server server([&](scripted_link& link, int) {
            ws_script script(link);
            script.take_request();
            link.send(script.acceptance("X-Long: " + std::string(size, 'x') + "\r\n") +
                      ws_frame(opcode::binary, ws_script::info()));
            script.read_until("PING\r\n");
            script.send("PONG\r\n");
            EXPECT_EQ(script.next_frame().code, opcode::close);
        });
        run([](nats::options opts) -> asio::awaitable<void> {
            const auto nc = co_await connection::connect(opts);
            nc.close();
        }(to(server)));
    }
}

// ---- frames

TEST_F(scripted_websocket, may_send_byte_by_byte_in_parts_with_pings_between) {
    const scripted_server server([](scripted_link& link, int) {
        ws_script script(link);
        script.take_request();
        const auto slowly = [&](const std::string& bytes) {
            for (const char each : bytes) link.send({&each, 1});
        };
        const auto info = ws_script::info();
        slowly(script.acceptance() + ws_frame(opcode::binary, info.substr(0, 9), false) +
               ws_frame(opcode::ping, "are you there") + ws_frame(opcode::continuation, "", false) +
               ws_frame(opcode::continuation, info.substr(9), false) + ws_frame(opcode::pong, "unasked") +
               ws_frame(opcode::continuation, ""));
        const auto answer = script.next_frame();
        EXPECT_EQ(answer.code, opcode::pong);
        EXPECT_EQ(answer.payload, "are you there");
        script.read_until("PING\r\n");
        slowly(ws_frame(opcode::binary, "PO") + ws_frame(opcode::binary, "") + ws_frame(opcode::binary, "NG\r\n"));
        script.read_until("SUB mine");
        slowly(ws_frame(opcode::binary, "MSG mine 1 3\r\nab") + ws_frame(opcode::text, "c\r\nMSG mine 1 0\r\n\r\n"));
        script.read_until("PING\r\n");
        slowly(ws_frame(opcode::binary, "PONG\r\n"));
        EXPECT_EQ(script.next_frame().code, opcode::close);
    });
    run([](nats::options opts) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(opts);
        auto mine = nc.subscribe("mine");
        auto got = co_await mine.next(20s);
        EXPECT_TRUE(got && got->payload() == "abc");
        got = co_await mine.next(20s);
        EXPECT_TRUE(got && got->payload().empty());
        co_await nc.flush();
        nc.close();
    }(to(server)));
}

TEST_F(scripted_websocket, may_send_one_huge_frame_with_many_messages) {
    constexpr std::size_t count = 50;
    const scripted_server server([](scripted_link& link, int) {
        ws_script script(link);
        script.greet();
        script.read_until("SUB mine");
        std::string all;
        for (std::size_t i = 0; i < count; ++i) {
            const std::string payload(200'000 + i, static_cast<char>('a' + i % 26));
            all += "MSG mine 1 " + std::to_string(payload.size()) + "\r\n" + payload + "\r\n";
        }
        script.send(all);
        script.read_until("PING\r\n");
        script.send("PONG\r\n");
        link.read_all();
    });
    run([](nats::options opts) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(opts);
        auto mine = nc.subscribe("mine");
        for (std::size_t i = 0; i < count; ++i) {
            const auto got = co_await mine.next(20s);
            EXPECT_TRUE(got && got->payload() == std::string(200'000 + i, static_cast<char>('a' + i % 26))) << i;
        }
        co_await nc.flush();
    }(to(server)));
}

TEST_F(scripted_websocket, gets_frames_of_bounded_size) {
    const scripted_server server([](scripted_link& link, int) {
        ws_script script(link);
        script.greet();
        std::string all;
        std::size_t largest = 0;
        while (!contains(all, "PING\r\n")) {
            const auto frame = script.next_frame();
            EXPECT_EQ(frame.code, opcode::binary);
            largest = std::max(largest, frame.payload.size());
            all += frame.payload;
        }
        EXPECT_EQ(largest, 32u * 1024u);
        EXPECT_EQ(all, "PUB mine 300000\r\n" + std::string(300'000, 'x') + "\r\nPING\r\n");
        script.send("PONG\r\n");
        link.read_all();
    });
    run([](nats::options opts) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(opts);
        nc.publish("mine", std::string(300'000, 'x'));
        co_await nc.flush();
    }(to(server)));
}

TEST_F(scripted_websocket, gets_answers_to_all_its_pings_while_the_client_writes) {
    constexpr int count = 2000;
    const scripted_server server([](scripted_link& link, int) {
        ws_script script(link);
        script.greet();
        std::string pings;
        for (int i = 0; i < count; ++i) pings += ws_frame(opcode::ping, std::string(100, 'p') + std::to_string(i));
        link.send(pings);
        int pongs = 0;
        std::string data;
        while (pongs < count || !contains(data, "PING\r\n")) {
            const auto frame = script.next_frame();
            if (frame.code == opcode::pong)
                EXPECT_EQ(frame.payload, std::string(100, 'p') + std::to_string(pongs++));
            else
                data += frame.payload;
        }
        std::string expected;
        for (int i = 0; i < 1000; ++i) expected += "PUB mine 1000\r\n" + std::string(1000, 'x') + "\r\n";
        EXPECT_EQ(data, expected + "PING\r\n");
        script.send("PONG\r\n");
        link.read_all();
    });
    run([](nats::options opts) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(opts);
        for (int i = 0; i < 1000; ++i) {
            nc.publish("mine", std::string(1000, 'x'));
            if (i % 50 == 0) co_await turn();
        }
        co_await nc.flush(20s);
    }(to(server)));
}

TEST_F(scripted_websocket, that_closes_in_the_handshake_says_why) {
    const scripted_server server([](scripted_link& link, int) {
        ws_script script(link);
        script.accept();
        link.send(ws_frame(opcode::close, close_payload(1008, "no\ntokens")));
        const auto answer = script.next_frame();
        EXPECT_EQ(answer.code, opcode::close);
        EXPECT_EQ(answer.payload, close_payload(1008, ""));
    });
    expect_refusal(to(server), errc::connect_failed, {"the server closed the WebSocket: 1008 no?tokens"});
}

TEST_F(scripted_websocket, that_closes_later_is_connected_to_again) {
    const scripted_server server([](scripted_link& link, int number) {
        ws_script script(link);
        script.greet();
        if (number == 1) link.send(ws_frame(opcode::close, close_payload(1001, "going")));
        if (number == 2) {
            script.read_until("PING\r\n");
            script.send("PONG\r\n");
        }
        link.read_all();
    });
    run([](nats::options opts) -> asio::awaitable<void> {
        const event_log log;
        log.watch(opts);
        const auto nc = co_await connection::connect(opts);
        const bool again = co_await log.wait_for(nats::event_kind::reconnected);
        EXPECT_TRUE(again);
        EXPECT_EQ(log.last(nats::event_kind::disconnected).error, asio::error::eof);
        co_await nc.flush();
    }(to(server)));
}

TEST_F(scripted_websocket, that_breaks_the_protocol_is_left) {
    const std::string wrong[] = {
        std::string("\x82\x81mask?", 7),      // a server's frames are not masked
        std::string("\x83\x00", 2),           // a reserved kind
        std::string("\xc2\x01x", 3),          // compressed, which was not agreed
        std::string("\x80\x00", 2),           // goes on with nothing
        std::string("\x09\x00", 2),           // a ping in parts
        std::string("\x82\x7e\x00\x01x", 5),  // a length that is too long
    };
    for (const auto& bytes : wrong) {
        const scripted_server server([&](scripted_link& link, int number) {
            ws_script script(link);
            script.greet();
            if (number == 1) link.send(bytes);
            link.read_all();
        });
        run([](nats::options opts) -> asio::awaitable<void> {
            const event_log log;
            log.watch(opts);
            const auto nc = co_await connection::connect(opts);
            const bool left = co_await log.wait_for(nats::event_kind::reconnected);
            EXPECT_TRUE(left);
            EXPECT_EQ(log.last(nats::event_kind::disconnected).error, errc::protocol_error);
        }(to(server)));
    }
}

TEST_F(scripted_websocket, that_breaks_compression_is_left) {
    const scripted_server server([](scripted_link& link, int number) {
        ws_script script(link);
        EXPECT_TRUE(contains(script.take_request(), "Sec-WebSocket-Extensions: permessage-deflate"));
        const bool broken = number == 1;
        link.send(script.acceptance(broken
                                        ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                                          "client_no_context_takeover\r\n"
                                        : ""));
        if (broken) {
            link.send(std::string("\xc2\x04\xff\xff\xff\xff", 6));
        } else {
            script.send(ws_script::info());
            script.read_until("PING\r\n");
            script.send("PONG\r\n");
        }
        link.read_all();
    });
    auto opts = to(server);
    opts.websocket.compression = true;
    expect_refusal(opts, errc::connect_failed, {"WebSocket: "});
    run([](nats::options how) -> asio::awaitable<void> {
        const auto nc = co_await connection::connect(how);
        EXPECT_EQ(nc.status(), nats::connection_status::connected);
    }(opts));
}

}  // namespace
}  // namespace mote::test
