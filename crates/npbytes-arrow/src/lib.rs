//! Arrow interoperation for `npbytes`.
