//! Short hand for kinds that need no more than an expression or two for each of their forms.

/// Defines a kind and its `Kind` implementation.
macro_rules! kind {
    ($(#[$doc:meta])+ $kind:ident: $view:ty;
        read($reader:ident, $read_field:ident) $read:block
        write($written:ident, $sink:ident) $write:block
        $(has_text($checked:ident) $has_text:block)?
        print($printed:ident, $out:ident) $print:block
        parse($tokens:ident, $parse_field:ident, $bytes:ident) $parse:block
    ) => {
        $(#[$doc])+
        pub(crate) struct $kind;

        #[allow(unused_variables, reason = "not every kind needs all arguments")]
        impl Kind for $kind {
            type View<'a> = $view;

            #[inline]
            fn read<'a>(
                $reader: &mut Reader<'a>,
                $read_field: &'static str,
            ) -> Result<$view, WireError> $read

            #[inline]
            fn write(
                $written: Self::View<'_>,
                $sink: &mut impl Sink,
            ) -> Result<(), BuildError> $write

            $(fn has_text($checked: Self::View<'_>) -> bool $has_text)?

            fn print(
                $printed: Self::View<'_>,
                $out: &mut Printer<'_>,
            ) -> core::fmt::Result $print

            #[inline]
            fn parse(
                $tokens: &mut Lexer<'_>,
                $parse_field: &'static str,
                $bytes: &mut Vec<u8>,
            ) -> Result<(), TextError> $parse
        }
    };
}
