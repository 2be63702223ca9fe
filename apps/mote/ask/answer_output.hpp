#pragma once

#include <apps/mote/ask/commands.hpp>
#include <apps/mote/terminal.hpp>

#include <mote/nats/message.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::micro {
class service_error;
}

namespace mote::command {

/// What is known of an answer beside its bytes.
struct answer_about {
    std::string subject{};   ///< that was asked
    std::string instance{};  ///< who answered; empty: not known
    std::string version{};
    std::uint64_t number = 0;  ///< of a request that is repeated, or of an item of a stream; 0: there is only one
    std::optional<std::chrono::nanoseconds> rtt{};
};

/// How `mote req` shows answers: the body as it is, the body alone on a terminal without what moves the cursor, or a line of JSON.
/// With several instances each line of a body begins with the instance's id.
class answer_output {
public:
    explicit answer_output(const req_command& chosen);

    void show(const answer_about& about, const nats::message& reply) const;
    /// An instance that did not answer, or answered wrongly; only `--json` has it among the answers.
    void show_failure(const answer_about& about, std::string_view reason, int code = 0) const;
    void show_body(const answer_about& about, std::string_view body) const;

private:
    bool raw_;
    bool json_;
    bool every_instance_;
    bool tells_headers_;  // a person looks
    terminal out_;
};

/// On standard error, red where a person looks and wants colours: `mote: Orders get: the service answered 404: no such order`.
void say_service_error(const std::string& who, const micro::service_error& error, color_mode color);
/// The same for any line.
void say_in_red(std::string_view line, color_mode color);

}  // namespace mote::command
