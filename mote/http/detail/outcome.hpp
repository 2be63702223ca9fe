#pragma once

#include <mote/http/error.hpp>

#include <curl/curl.h>

namespace mote::http::detail {

/// Our word for why the transfer of `easy` failed with `result`.
errc classify(CURL* easy, CURLcode result) noexcept;

}  // namespace mote::http::detail
