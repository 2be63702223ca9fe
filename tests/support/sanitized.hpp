#pragma once

namespace mote::test {

/// Whether this was built with a sanitizer that keeps freed memory, takes more of it, and takes signals.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace mote::test
