#pragma once

#include <tests/mote/function_live.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <functional>
#include <ostream>
#include <string>
#include <utility>

namespace mote::test {

/// `mote up`, asked with the requests that faas-cli is documented to send, in its order. The program itself is not run: these
/// tests show what `mote` makes of such requests, and not that faas-cli sends them or understands the answers.
class faas_cli_requests : public function_live {
protected:
    void SetUp() override {
        function_live::SetUp();
        if (!up) return;
        password_ = file_text(directory() / "credentials" / "basic-auth-password");
        while (password_.ends_with('\n')) password_.pop_back();
        ASSERT_FALSE(password_.empty());
    }

    /// With the login that `faas-cli login` keeps.
    http::response system(const std::string& method, const std::string& path, const std::string& body = {}) const {
        return with_password(password_, method, path, body);
    }
    http::response with_password(const std::string& password, const std::string& method, const std::string& path,
                                 const std::string& body = {}) const {
        auto address = url;
        address.insert(address.find("//") + 2, "admin:" + password + "@");
        return fetch(of_command(method, address + path, body));
    }
    /// One who has not logged in sends an empty token.
    http::response without_login(const std::string& method, const std::string& path,
                                 const std::string& body = {}) const {
        auto asked = of_command(method, url + path, body);
        asked.headers.emplace_back("Authorization", "Bearer ");
        return fetch(std::move(asked));
    }
    /// `faas-cli invoke`: no login, and always with the namespace. `more`: headers.
    http::response invoke(const std::string& target, const std::string& body = {},
                          const http::header_list& more = {}) const {
        auto asked = of_command("POST", url + "/function/" + target, body);
        asked.headers.emplace_back("Content-Type", "text/plain");
        asked.headers.insert(asked.headers.end(), more.begin(), more.end());
        return fetch(std::move(asked));
    }
    /// `faas-cli invoke -m METHOD`.
    http::response invoke_by(const std::string& method, const std::string& target, const std::string& body = {}) const {
        auto asked = of_command(method, url + "/function/" + target, body);
        asked.headers.emplace_back("Content-Type", "text/plain");
        return fetch(std::move(asked));
    }
    /// `faas-cli deploy`: an update, and a creation when there is nothing to update.
    void deploy_new(const std::string& body) const {
        EXPECT_EQ(system("PUT", "/system/functions", body).status, 404);
        const auto created = system("POST", "/system/functions", body);
        EXPECT_TRUE(accepted(created)) << created.body;
    }
    /// `faas-cli logs` with its default, which follows: what is asked, and then read line by line, for half a minute.
    void follow(boost::asio::ip::tcp::iostream& lines, const std::string& path) const {
        const std::string login = "admin:" + password_;
        std::string encoded(boost::beast::detail::base64::encoded_size(login.size()), '\0');
        encoded.resize(boost::beast::detail::base64::encode(encoded.data(), login.data(), login.size()));
        lines.expires_after(std::chrono::seconds(30));
        lines.connect("127.0.0.1", std::to_string(http_port));
        lines << "GET " << path << " HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " << encoded << "\r\n\r\n"
              << std::flush;
    }
    boost::json::value json(const std::string& path) const {
        const auto got = system("GET", path);
        EXPECT_EQ(got.status, 200) << path << ": " << got.body;
        return boost::json::parse(got.body);
    }

    /// What it takes for success of a change.
    static bool accepted(const http::response& got) {
        return got.status == 200 || got.status == 201 || got.status == 202;
    }

private:
    static http::request of_command(const std::string& method, const std::string& address, const std::string& body) {
        http::request asked(method, address);
        asked.headers.emplace_back("User-Agent", "faas-cli/dev");
        asked.body = body;
        return asked;
    }

    std::string password_;
};

}  // namespace mote::test
