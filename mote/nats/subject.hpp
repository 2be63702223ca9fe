#pragma once

#include <string_view>

namespace mote::nats {

/// True when `text` can be published to: not empty, no blank or control character, no empty token. Wildcard characters
/// are allowed as the server allows them: they are literal in a published subject.
bool is_valid_publish_subject(std::string_view text) noexcept;

/// True when `text` can be subscribed to: as above, and `*` and `>` only as whole tokens, `>` only as the last one.
bool is_valid_subscribe_subject(std::string_view text) noexcept;

/// True when `text` can be a queue group: not empty, no blank or control character.
bool is_valid_queue_group(std::string_view text) noexcept;

/// True when the literal `subject` is matched by `pattern` (`*` one token, `>` one or more).
bool subject_matches(std::string_view pattern, std::string_view subject) noexcept;

}  // namespace mote::nats
