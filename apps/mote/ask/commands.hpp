#pragma once

#include <apps/mote/exit_code.hpp>
#include <apps/mote/server_access.hpp>
#include <apps/mote/terminal.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mote::command {

/// A word `--name`, `--name VALUE` or `--name=VALUE` that is no option of mote's: a member of the request's body, as the
/// endpoint's JSON Schema names it.
struct body_flag {
    std::string name{};                  ///< without the dashes: `customer.name`
    std::optional<std::string> value{};  ///< nothing: it stood alone
};

/// Whom to ask and with what, as the command line says it.
struct asked_words {
    std::string first{};                     ///< SUBJECT or SERVICE
    std::optional<std::string> second{};     ///< DATA or ENDPOINT
    std::optional<std::string> third{};      ///< DATA
    std::optional<std::string> file{};       ///< whose bytes are the body
    std::vector<body_flag> flags{};          ///< make the body
    std::vector<std::string> own_options{};  ///< names of all options of the command, which are no members of a body
    std::vector<std::string> own_given{};    ///< those of them that stood behind the endpoint
    std::vector<std::pair<std::string, std::string>> headers{};
    bool check = true;  ///< a body that has to be JSON is looked at before it is sent
};

/// `mote req`: a request to a subject, an endpoint of a service, or all its instances; once or many times.
struct req_command {
    server_choice server{};
    asked_words asked{};
    bool show_flags = false;               ///< only tells which members the body has
    bool all = false;                      ///< every instance of the service
    bool stream = false;                   ///< reads a stream of replies also where nothing says that it is one
    std::optional<std::size_t> replies{};  ///< so many; 0: until none came for `stall`
    /// The pause that is the end of several answers; nothing: 300 ms, with `all` as long as one answer may take.
    std::optional<std::chrono::nanoseconds> stall{};
    std::optional<std::uint64_t> repeat{};  ///< so many requests, one after the other
    std::optional<double> rate{};           ///< requests a second; without `repeat` for ever
    bool raw = false;
    bool json = false;
    color_mode color = color_mode::automatic;
};

/// `mote bench`: how many requests a second an endpoint answers, and how fast.
struct bench_command {
    server_choice server{};
    asked_words asked{};
    std::size_t in_flight = 64;                                   ///< requests that are not answered yet, 1 to 65,536
    std::chrono::nanoseconds duration{std::chrono::seconds(10)};  ///< of what is measured
    std::optional<std::uint64_t> count{};                         ///< so many requests instead
    std::chrono::nanoseconds warm_up{std::chrono::milliseconds(500)};  ///< before; not measured
    std::optional<double> rate{};       ///< requests a second; nothing: as fast as it goes
    std::optional<std::size_t> size{};  ///< bytes of the body, instead of data
    std::optional<std::string> csv{};   ///< a file, or `-`
    bool progress = true;
    bool json = false;
    color_mode color = color_mode::automatic;
};

exit_code run(const req_command& chosen);
exit_code run(const bench_command& chosen);

}  // namespace mote::command
