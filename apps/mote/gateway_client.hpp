#pragma once

#include <apps/mote/function_commands.hpp>
#include <apps/mote/loop.hpp>

#include <mote/http/client.hpp>
#include <mote/micro/http_route.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace mote::command {

/// Takes what a stack file says of the gateway, where the command line says nothing. The usual address is in the files of
/// everybody: as with faas-cli OPENFAAS_URL goes before that one.
void gateway_of_file(gateway_choice& chosen, const std::string& url, const std::string& file);
/// `--gateway`, else OPENFAAS_URL, else http://127.0.0.1:8080; without a slash at its end. Throws `failure` for what is no
/// address, and for one with a login in it.
std::string gateway_url_of(const gateway_choice& chosen);
/// Where the login for that address is read from: `--credentials`, else for this machine the place where `mote up` keeps it;
/// empty: there is none.
std::filesystem::path credentials_of(const gateway_choice& chosen, std::string_view url);
/// The value of `Authorization`; empty without a directory. Throws `failure` for files that cannot be read.
std::string authorization_of(const std::filesystem::path& credentials);

using micro::path_segment;  ///< of a name or value in a path or a query

/// Asks one gateway. What it throws is a `failure` that says what to do.
class gateway_client {
public:
    gateway_client(const boost::asio::any_io_executor& executor, const gateway_choice& chosen);

    const std::string& url() const noexcept { return url_; }
    const std::string& authorization() const noexcept { return authorization_; }
    /// `target` begins with a slash, its parts are escaped. The login goes along.
    http::request request(std::string method, std::string_view target) const;

    /// The answer, whatever its status; but throws where the gateway is not there, refuses the login, or the answer breaks off:
    /// `when_broken` is what to do then.
    boost::asio::awaitable<http::response> send(http::request what, std::string when_broken = "try again");
    /// The answer of a 2xx status. Throws `refusal` for others.
    boost::asio::awaitable<http::response> ask(http::request what, std::string about,
                                               std::string lister = "mote functions");

    /// What an answer that is an error ends a command with. `about` is what it was about, `lister` the command that lists
    /// what there is of its kind.
    static failure refusal(const std::string& about, const http::response& answer,
                           const std::string& lister = "mote functions");

private:
    failure no_answer(const boost::system::system_error& error, const std::string& when_broken) const;
    failure not_allowed(const http::response& answer, bool with_login) const;

    std::string url_;
    std::filesystem::path credentials_;
    std::string authorization_;
    std::string origin_;  // of the address; empty: nobody named one
    std::unique_ptr<http::client> client_;
};

/// Reads an answer of the API. Throws `failure` where it is no JSON, or of another kind.
boost::json::value json_of(const http::response& answer);
std::string text_of(const boost::json::value& object, std::string_view key);
std::uint64_t number_of(const boost::json::value& object, std::string_view key);

/// `name`, or `name.namespace` for another namespace than the default one.
std::string shown_name(const function_command& chosen);
/// `?namespace=...`, or nothing.
std::string space_query(const std::string& space);

/// Runs `work` with a client, and returns the exit code for it.
template <class Command>
exit_code run_with_gateway(const Command& chosen, boost::asio::awaitable<exit_code> (*work)(Command, gateway_client*)) {
    struct coroutine {
        static boost::asio::awaitable<exit_code> run(loop* running, Command command,
                                                     boost::asio::awaitable<exit_code> (*then)(Command,
                                                                                               gateway_client*)) {
            gateway_client client(running->executor(), command.gateway);
            co_return co_await then(std::move(command), &client);
        }
    };
    loop running;
    return running.run(coroutine::run(&running, chosen, work));
}

}  // namespace mote::command
