#pragma once

#include <curl/curl.h>

namespace mote::http::detail {

/// What is used of libcurl, each function by the name that it has there behind "curl_".
// clang-format off
#define MOTE_CURL_FUNCTIONS(use) \
    use(easy_cleanup) use(easy_getinfo) use(easy_init) use(easy_reset) use(easy_setopt) \
    use(easy_strerror) use(free) use(global_init) use(multi_add_handle) use(multi_cleanup) \
    use(multi_info_read) use(multi_init) use(multi_remove_handle) use(multi_setopt) use(multi_socket_action) \
    use(multi_strerror) use(slist_append) use(slist_free_all) use(strequal) use(url) \
    use(url_cleanup) use(url_get) use(url_set) use(url_strerror) use(version_info)
// clang-format on

struct curl_api {
#define MOTE_CURL_MEMBER(name) decltype(&::curl_##name) name;  // NOLINT(bugprone-macro-parentheses)
    MOTE_CURL_FUNCTIONS(MOTE_CURL_MEMBER)
#undef MOTE_CURL_MEMBER
};

/// libcurl, initialised, the same in all threads. With the option MOTE_LOAD_CURL it is loaded here, at the first call: with its
/// two dozen libraries it is 3.5 MB of each process, and most never send a request. Throws `errc::no_libcurl`, and tries again next
/// time.
const curl_api& curl();

/// The functions of the shared library `file`, which stays loaded. Throws `errc::no_libcurl`.
curl_api load_curl(const char* file);

}  // namespace mote::http::detail
