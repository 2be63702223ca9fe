#include <mote/http/detail/curl_api.hpp>

#include <mote/http/error.hpp>

#include <dlfcn.h>
#include <string>

namespace mote::http::detail {
namespace {

template <class Function>
void find(void* library, const char* name, Function*& found) {
    found = reinterpret_cast<Function*>(::dlsym(library, name));
    if (found == nullptr) throw_error(errc::no_libcurl, ::dlerror());
}

curl_api initialised() {
#ifdef MOTE_LOAD_CURL
    const auto api = load_curl("libcurl.so.4");  // its name since 2006
#else
#define MOTE_CURL_ADDRESS(name) &::curl_##name,
    const curl_api api{MOTE_CURL_FUNCTIONS(MOTE_CURL_ADDRESS)};
#undef MOTE_CURL_ADDRESS
#endif
    // Once a process; not undone, because others in the process may use libcurl too.
    const CURLcode started = api.global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) throw_error(errc::transfer_failed, api.easy_strerror(started));
    return api;
}

}  // namespace

curl_api load_curl(const char* file) {
    void* const library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw_error(errc::no_libcurl, ::dlerror());
    curl_api api{};
#define MOTE_CURL_FIND(name) find(library, "curl_" #name, api.name);
    MOTE_CURL_FUNCTIONS(MOTE_CURL_FIND)
#undef MOTE_CURL_FIND
    // An older one ignores options that keep a request to http and https.
    const auto* const version = api.version_info(CURLVERSION_NOW);
    if (version->version_num < 0x075800)
        throw_error(errc::no_libcurl, std::string(version->version) + " is older than 7.88");
    return api;
}

const curl_api& curl() {
    static const curl_api api = initialised();
    return api;
}

}  // namespace mote::http::detail
