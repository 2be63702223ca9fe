#pragma once

#include <apps/mote/exit_code.hpp>
#include <apps/mote/server_access.hpp>
#include <apps/mote/terminal.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace mote::command {

/// `mote ping`: who answers, how fast, and how many answers are lost.
struct ping_command {
    server_choice server{};
    std::string name{};                                          ///< empty: all services
    std::uint64_t count = 1;                                     ///< rounds of questions; 0: until it is interrupted
    std::chrono::nanoseconds interval{std::chrono::seconds(1)};  ///< between their begins
    bool json = false;
    color_mode color = color_mode::automatic;
};

enum class graph_format { text, mermaid, dot, json };

/// `mote graph`: what there is, and who asks whom.
struct graph_command {
    server_choice server{};
    std::string name{};  ///< only this service, who asks it and whom it asks; empty: all
    graph_format format = graph_format::text;
    bool streams = true;  ///< asks JetStream, too
    color_mode color = color_mode::automatic;
};

enum class schema_side { both, request, response };

/// `mote schema`: what typed endpoints take and give.
struct schema_command {
    server_choice server{};
    std::string service{};
    std::string endpoint{};  ///< empty: all
    schema_side side = schema_side::both;
    bool json = false;
    color_mode color = color_mode::automatic;
};

/// `mote watch`: what services are doing now.
struct watch_command {
    server_choice server{};
    std::string name{};                                          ///< empty: all services
    std::chrono::nanoseconds interval{std::chrono::seconds(1)};  ///< between two looks
    bool once = false;                                           ///< a table of one interval
    bool json = false;                                           ///< a line for each interval
    color_mode color = color_mode::automatic;
};

/// `mote events`: instances that come and go.
struct events_command {
    server_choice server{};
    std::string name{};                                          ///< empty: of all services
    std::chrono::nanoseconds interval{std::chrono::seconds(1)};  ///< between two looks
    bool json = false;
    color_mode color = color_mode::automatic;
};

// Each does its command, says on standard error what went wrong, and returns what `mote` exits with.
exit_code run(const ping_command& chosen);
exit_code run(const graph_command& chosen);
exit_code run(const schema_command& chosen);
exit_code run(const watch_command& chosen);
exit_code run(const events_command& chosen);

}  // namespace mote::command
