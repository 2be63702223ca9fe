#pragma once

#include <mote/functions/description.hpp>
#include <mote/kv/bucket.hpp>

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mote::functions {

/// A description with the revision that it has in the bucket.
struct stored_function {
    description what{};
    kv::revision revision = 0;
};

/// A namespace: the default one is always there.
struct function_namespace {
    std::string name{};
    std::optional<text_map> annotations{};
    std::optional<text_map> labels{};
};
BOOST_DESCRIBE_STRUCT(function_namespace, (), (name, annotations, labels))

struct store_options {
    int replicas = 1;  ///< of the bucket, in a cluster
};

/// Which functions there are: the bucket `mote_functions`, with a description for each. A light handle, copyable; threads
/// and errors of kv::bucket, beside those named here.
class function_store {
public:
    static constexpr const char* bucket_name = "mote_functions";

    /// Opens the bucket, or creates it.
    static boost::asio::awaitable<function_store> open(jetstream::context js, store_options opts = store_options());

    boost::asio::awaitable<std::optional<stored_function>> get(function_name name) const;
    /// Throws `errc::function_exists`, and `errc::namespace_not_found`.
    boost::asio::awaitable<kv::revision> create(description what) const;
    /// Reads, lets `edit` change, and writes what it left, again and again while others change it meanwhile, up to 50
    /// times with short pauses; returns what is kept. What `edit` throws ends it. Throws `errc::function_not_found`, `errc::wrong_revision`.
    boost::asio::awaitable<stored_function> change(function_name name, std::function<void(description&)> edit) const;
    /// Returns the revision from which on it is gone. Throws `errc::function_not_found`, `errc::wrong_revision`.
    boost::asio::awaitable<kv::revision> remove(function_name name) const;

    /// All namespaces by name, the default one among them.
    boost::asio::awaitable<std::vector<function_namespace>> namespaces() const;
    boost::asio::awaitable<std::optional<function_namespace>> find_namespace(std::string name) const;
    /// Throws `errc::namespace_exists`, `errc::bad_name`.
    boost::asio::awaitable<void> create_namespace(function_namespace what) const;
    /// Names of all namespaces in their order; one listing, however many there are.
    boost::asio::awaitable<std::vector<std::string>> namespace_names() const;
    /// Throws `errc::namespace_not_found`, also for the default one, which cannot be changed, and `errc::wrong_revision`.
    boost::asio::awaitable<void> update_namespace(function_namespace what) const;
    /// Throws `errc::namespace_not_found`, also for the default one, and `errc::namespace_not_empty` when functions are in
    /// it, also those that are created meanwhile: of the two only one succeeds.
    boost::asio::awaitable<void> remove_namespace(std::string name) const;

    const kv::bucket& bucket() const noexcept { return bucket_; }

private:
    boost::asio::awaitable<void> check_empty(std::string space) const;

    explicit function_store(kv::bucket bucket) : bucket_(std::move(bucket)) {}

    kv::bucket bucket_;
};

}  // namespace mote::functions
