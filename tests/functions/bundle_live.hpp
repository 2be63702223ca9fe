#pragma once

#include <mote/functions/bundle_store.hpp>
#include <mote/functions/detail/content_hash.hpp>
#include <mote/objects/store.hpp>
#include <tests/functions/bundle_tar.hpp>
#include <tests/jetstream/live_test.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace mote::test {

inline functions::bundle_digest digest_of(std::string_view bytes) {
    functions::detail::content_hash hash;
    hash.add(bytes);
    return hash.finish();
}

/// Text that gzip cannot make small.
inline std::string random_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t seed = 1;
    for (char& byte : bytes) {
        seed = seed * 1664525U + 1013904223U;
        byte = static_cast<char>(seed >> 24U);
    }
    return bytes;
}

/// A server of its own, a store of bundles on it, and the object store below that.
class live_bundles : public live_test {
public:
    const std::filesystem::path& scratch() const noexcept { return scratch_.path(); }

protected:
    struct place {
        functions::bundle_store bundles;
        objects::store objects;
        std::filesystem::path scratch;
        jetstream::context js;

        /// Puts what another client may have put as content of this digest.
        asio::awaitable<void> put_content(functions::bundle_digest digest, std::string bytes) const {
            co_await objects.put("sha256/" + digest.hex, std::move(bytes));
        }
        /// Pushes a directory with one file.
        asio::awaitable<functions::stored_bundle> push(std::string name, std::string content,
                                                       std::string file = "run") const {
            const auto directory = scratch / "pushed";
            write_file(directory / file, content);
            const auto pushed = co_await bundles.push(functions::image_name::parse(name), directory);
            std::filesystem::remove_all(directory);
            co_return pushed;
        }
    };

    /// Runs `body(place)`, a coroutine function that takes it by value.
    template <class Body>
    void with_bundles(Body body, functions::bundle_limits limits = {}) {
        const auto scratch = scratch_.path();
        with_jetstream([body, scratch, limits](nats_server&, jetstream::context js) -> asio::awaitable<void> {
            return prepared(std::move(js), body, scratch, limits);
        });
    }

private:
    template <class Body>
    static asio::awaitable<void> prepared(jetstream::context js, Body body, std::filesystem::path scratch,
                                          functions::bundle_limits limits) {
        functions::bundle_store_options opts;
        opts.limits = limits;
        auto bundles = co_await functions::bundle_store::open(js, opts);
        auto objects = co_await objects::store::open(js, "mote_bundles");
        place ready{std::move(bundles), std::move(objects), std::move(scratch), js};
        co_await body(std::move(ready));
    }

    temp_dir scratch_;
};

}  // namespace mote::test
