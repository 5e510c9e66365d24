// Certificates for one test: an authority of its own and what it vouches for.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace asmgr_test {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

struct Identity {
  std::unique_ptr<EVP_PKEY, FreeCertificate> key;
  std::unique_ptr<X509, FreeCertificate> certificate;
};

class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name);

  // `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1".
  [[nodiscard]] Identity vouch_for(const std::string& names) const;
  // PEM: what a client needs to trust whom this vouches for.
  [[nodiscard]] std::string certificate() const;

 private:
  Identity self_;
};

}  // namespace asmgr_test
