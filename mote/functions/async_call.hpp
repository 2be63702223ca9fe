#pragma once

#include <mote/functions/callback_rules.hpp>
#include <mote/functions/name.hpp>
#include <mote/nats/headers.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::functions {

/// A call of a function that is to be queued: an HTTP request, as the caller sent it.
struct async_call {
    function_name function{};
    std::string call_id{};  ///< see call_headers::is_call_id; the same one twice is one call
    std::string method = "POST";
    std::string path = "/";  ///< below the function
    std::string query{};     ///< behind the `?`, not decoded
    std::string host{};
    nats::headers headers{};          ///< those of the request; left out is what call_headers::is_passed_on refuses
    std::string body{};               ///< any bytes
    std::string callback_url{};       ///< empty: none; see check_callback_url
    callback_rules callback_allow{};  ///< where that may lead
};

enum class call_state {
    queued,  ///< kept, and not begun; one that began less than a second ago may still say so
    running,
    retrying,  ///< it failed, and is tried again at `next`
    done,      ///< the function answered, with whatever status that is not to be tried again and is below 500
    failed,    ///< it answered with a status from 500 on that is not to be tried again
    cancelled,
    dead,  ///< no try did it, or there is no such function any more: it lies with the dead letters
};

std::string_view to_text(call_state state) noexcept;
/// Whether it stays so.
bool is_final(call_state state) noexcept;

/// What became of the callback of a call.
enum class callback_state { none, pending, delivered, failed };

std::string_view to_text(callback_state state) noexcept;

/// What is known of a call, as the bucket `mote_calls` keeps it (docs/protocol.md, "Asynchronous calls").
struct call_record {
    function_name function{};
    call_state state = call_state::queued;
    std::uint64_t sequence = 0;      ///< of its message in the stream `mote_async`
    std::uint32_t attempts = 0;      ///< tries that came to an end
    std::uint32_t max_attempts = 0;  ///< as many may there be, as the function said at the last; 0: not tried yet
    std::chrono::system_clock::time_point submitted{};
    std::chrono::system_clock::time_point next{};     ///< of the next try, or of the next try of the callback
    std::chrono::system_clock::time_point started{};  ///< of the last try
    std::chrono::nanoseconds duration{0};             ///< of the last try
    std::string reason{};                             ///< why it is retried, failed or dead
    callback_state callback = callback_state::none;
    std::uint32_t callback_tries = 0;
    std::string callback_trouble{};  ///< of the last try of the callback
    int status = 0;                  ///< HTTP status of the last answer; 0: none yet
    nats::headers headers{};         ///< of the last answer
    std::uint64_t body_size = 0;
    bool body_kept = true;  ///< false: the body was too large to be kept, only its size is known
    std::string body{};
};

/// The text that is kept in the bucket, and what reads it; nothing when it is not a record.
std::string write_record(const call_record& record);
std::optional<call_record> read_record(std::string_view text);

}  // namespace mote::functions
