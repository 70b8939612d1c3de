UPDATE watermark SET epoch = epoch + 1
