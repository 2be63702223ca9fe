// What the fuzz corpus has for the HTTP server, sent over a socket. The name of a file says what becomes of it:
// `refused_<status>_*` ends with that status, `served_*` is answered and the connection goes on, `closing_*` is answered and
// it ends.

#include <tests/http/byte_peer.hpp>
#include <tests/http/running_server.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <tuple>
#include <vector>

namespace mote::test {
namespace {

namespace asio = boost::asio;

struct sample {
    std::string name;
    std::string stream;
};

std::vector<sample> samples(std::string_view prefix) {
    std::vector<sample> found;
    for (const auto& file : std::filesystem::directory_iterator(MOTE_FUZZ_CORPUS "/http_request")) {
        const auto name = file.path().filename().string();
        if (!name.starts_with(prefix)) continue;
        std::ifstream input(file.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(input), {}};
        found.push_back({name, bytes.substr(bytes.find('\n') + 1)});  // the first line is the fuzz target's
    }
    std::ranges::sort(found, {}, &sample::name);
    return found;
}

std::vector<int> statuses_in(const std::string& answers) {
    const std::string line = "HTTP/1.1 ";
    std::vector<int> found;
    for (auto at = answers.find(line); at != answers.npos; at = answers.find(line, at + 1)) {
        const auto status = answers.substr(at + line.size(), 3);
        if (status.find_first_not_of("0123456789") == status.npos) found.push_back(std::stoi(status));
    }
    return found;
}

using target_list = std::vector<std::string>;

asio::awaitable<void> note(http::exchange* asked, target_list* seen) {
    co_await asked->read_body();
    seen->emplace_back(asked->target());
    asked->respond(200, {}, "ok");
}

enum class sending { at_once, byte_by_byte };

class http_smuggling : public testing::TestWithParam<std::tuple<bool, sending>> {
protected:
    struct outcome {
        std::string answers;
        std::vector<int> statuses;
        target_list seen;  // of the requests that came whole
    };

    outcome ask(const std::string& stream) {
        server_.on_loop([this] {
            seen_.clear();
            return 0;
        });
        byte_peer peer(server_.port());
        if (std::get<sending>(GetParam()) == sending::at_once)
            peer.send(stream);
        else
            for (const char c : stream) peer.send({&c, 1});
        outcome got;
        got.answers = peer.rest();
        EXPECT_TRUE(peer.readable(std::chrono::milliseconds(0))) << "the connection is not closed";
        got.statuses = statuses_in(got.answers);
        got.seen = server_.on_loop([this] { return seen_; });
        return got;
    }

private:
    http::server_handler handler() {
        if (std::get<bool>(GetParam())) return [this](http::exchange& asked) { return note(&asked, &seen_); };
        return [this](http::exchange& asked) {
            seen_.emplace_back(asked.target());
            asked.respond(200, {}, "ok");
        };
    }

    target_list seen_;  // on the server's thread
    running_server server_{handler()};
};

INSTANTIATE_TEST_SUITE_P(with, http_smuggling,
                         testing::Combine(testing::Bool(), testing::Values(sending::at_once, sending::byte_by_byte)),
                         [](const auto& chosen) {
                             return std::string(std::get<0>(chosen.param) ? "a_coroutine" : "a_function") +
                                    (std::get<1>(chosen.param) == sending::at_once ? "_at_once" : "_byte_by_byte");
                         });

TEST_P(http_smuggling, is_refused_and_nothing_behind_it_is_read) {
    const auto all = samples("refused_");
    ASSERT_GE(all.size(), 90U);
    for (const auto& each : all) {
        SCOPED_TRACE(each.name);
        const auto got = ask(each.stream + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
        ASSERT_FALSE(got.statuses.empty()) << got.answers;
        EXPECT_EQ(got.statuses.back(), std::stoi(each.name.substr(8, 3))) << got.answers;
        EXPECT_EQ(std::ranges::count(got.statuses, 200), static_cast<std::ptrdiff_t>(got.statuses.size() - 1));
        EXPECT_NE(got.answers.find("\r\nConnection: close\r\n"), std::string::npos) << got.answers;
        EXPECT_EQ(got.seen.size(), got.statuses.size() - 1);
        EXPECT_EQ(std::ranges::count(got.seen, "/smuggled"), 0);
    }
}

TEST_P(http_smuggling, leaves_room_for_all_that_is_allowed) {
    const auto all = samples("served_");
    ASSERT_GE(all.size(), 25U);
    for (const auto& each : all) {
        SCOPED_TRACE(each.name);
        const auto got = ask(each.stream + "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        EXPECT_EQ(std::ranges::count(got.statuses, 200), static_cast<std::ptrdiff_t>(got.seen.size())) << got.answers;
        EXPECT_EQ(got.statuses.size(), got.seen.size()) << got.answers;
        ASSERT_GE(got.seen.size(), 2U) << got.answers;
        EXPECT_EQ(got.seen.back(), "/last");
        EXPECT_EQ(std::ranges::count(got.seen, "/smuggled"), 0) << "a body was read as a request";
    }
}

TEST_P(http_smuggling, reads_nothing_behind_the_last_request_of_a_connection) {
    const auto all = samples("closing_");
    ASSERT_GE(all.size(), 4U);
    for (const auto& each : all) {
        SCOPED_TRACE(each.name);
        const auto got = ask(each.stream + "GET /last HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(got.statuses, std::vector<int>{200}) << got.answers;
        EXPECT_EQ(got.seen, target_list{"/"});
    }
}

}  // namespace
}  // namespace mote::test
